"""A plan becomes what routing goes by."""

from typing import Any

from streams.actions import ACTIONS
from streams.core.identity import AccountKeys
from streams.core.mapping import compile_mapping
from streams.core.routing import CompiledPlan, Instance
from streams.core.trigger import compile_node
from streams.core.trigger_yaml import parse_any
from streams.plan import filtering
from streams.plan.model import ActionPlan, Plan


def compile_plan(plan: Plan, keys: AccountKeys) -> CompiledPlan:
    """The plan, ready to route by. Raises `PlanError`."""
    instances = []
    for name, action in ACTIONS.items():
        asked = plan.actions.get(name, ActionPlan())
        trigger = asked.trigger or action.trigger
        enabled = asked.enabled if asked.enabled is not None else trigger is not None
        instances.append(
            Instance(
                name=name,
                declaration=action,
                enabled=enabled,
                condition=compile_node(parse_any(trigger)) if trigger else None,
                rule=compile_mapping(action.mapping) if action.mapping else _nothing,
                on_dead_letter=asked.on_dead_letter,
                in_doubt=asked.in_doubt,
                can_be_created=asked.can_be_created,
                filters=filtering.compiled(asked.filters),
            )
        )
    instances.sort(key=lambda instance: instance.declaration.order)
    return CompiledPlan(
        tuple(instances),
        keys,
        tuple(plan.identity.priority),
        filters=filtering.compiled(plan.filters),
    )


def _nothing(record: Any, event: Any, notes: Any) -> None:
    return None
