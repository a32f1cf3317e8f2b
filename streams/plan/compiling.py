"""A plan becomes what routing goes by."""

from typing import Any

from streams.core.catalogue import AttributeRules
from streams.core.compiled import CompiledPlan, Instance
from streams.core.identity import AccountKeys
from streams.core.mapping import compile_mapping
from streams.core.supplements import PREFIX
from streams.core.times import DAY_MS
from streams.core.trigger import compile_node
from streams.core.trigger_yaml import parse_any
from streams.plan import (
    consenting,
    filtering,
    identifying,
    laying,
    marketing,
    ordering,
    sourcing,
    supplementing,
    visiting,
)
from streams.plan.instances import instances
from streams.plan.model import Plan


def compile_plan(plan: Plan, keys: AccountKeys) -> CompiledPlan:
    """The plan, ready to route by. Raises `PlanError`."""
    made = []
    orders = ordering.compiled(plan.orders)
    sought = identifying.sought(plan.identity, keys)
    for name, action, asked in instances(plan):
        action = supplementing.shaped(action, asked.supplement)
        action = laying.shaped(action, asked.mapping)
        trigger = asked.trigger or action.trigger
        node = parse_any(trigger) if trigger else None
        enabled = asked.enabled if asked.enabled is not None else trigger is not None
        made.append(
            Instance(
                name=name,
                declaration=action,
                enabled=enabled,
                trigger=node,
                condition=compile_node(node) if node else None,
                rule=compile_mapping(action.mapping) if action.mapping else _nothing,
                on_dead_letter=asked.on_dead_letter,
                in_doubt=asked.in_doubt,
                can_be_created=asked.can_be_created,
                page_name=asked.page_name,
                join_members=asked.join_members,
                join_bytes=asked.join_bytes,
                id_prefix=asked.supplement.id_prefix if asked.supplement else PREFIX,
                only_changed=asked.only_changed,
                resend_after=round(asked.resend_after_days * DAY_MS),
                shaped=asked.mapping is not None,
                filters=filtering.compiled(asked.filters),
                orders=orders,
                completing=identifying.completing(action, plan.identity, keys, sought),
                merge_options=identifying.merge_options(name, asked, sought),
            )
        )
    guards = plan.attributes
    return CompiledPlan(
        tuple(made),
        keys,
        sought,
        filters=filtering.compiled(plan.filters),
        source_filters=sourcing.filters_of(plan),
        consent=consenting.compiled(plan.consent),
        anonymous=visiting.anonymous(plan.identity),
        markets=marketing.compiled(plan.markets),
        attributes=AttributeRules(**guards.model_dump()) if guards is not None else None,
    )


def _nothing(record: Any, event: Any, notes: Any) -> None:
    return None
