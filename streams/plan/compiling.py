"""A plan becomes what routing goes by."""

from typing import Any

from streams.actions.declaration import Action
from streams.core.anonymous import Anonymous
from streams.core.identities import Completing
from streams.core.identity import PHONE_ALIAS, AccountKeys
from streams.core.mapping import compile_mapping
from streams.core.routing import CompiledPlan, Instance
from streams.core.trigger import compile_node
from streams.core.trigger_yaml import parse_any
from streams.plan import filtering, laying, ordering
from streams.plan.instances import instances
from streams.plan.model import IdentityPlan, Plan


def compile_plan(plan: Plan, keys: AccountKeys) -> CompiledPlan:
    """The plan, ready to route by. Raises `PlanError`."""
    made = []
    orders = ordering.compiled(plan.orders)
    for name, action, asked in instances(plan):
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
                shaped=asked.mapping is not None,
                filters=filtering.compiled(asked.filters),
                orders=orders,
                completing=_completing(action, plan.identity, keys),
            )
        )
    return CompiledPlan(
        tuple(made),
        keys,
        tuple(plan.identity.priority),
        filters=filtering.compiled(plan.filters),
        anonymous=Anonymous(plan.identity.anonymous, plan.identity.anonymous_attribute),
    )


def _completing(action: Action, said: IdentityPlan, keys: AccountKeys) -> Completing | None:
    place = action.identity
    if place == "merge" or place == "none" or not said.learn:
        return None
    account = {"user": keys.segment_id, "email": keys.email, "phone": keys.phone}
    found = [key for name in said.priority if (key := account[name])]
    return Completing(
        place=place,
        names={key: PHONE_ALIAS.get(key, key) for key in found},
        attributes={keys.email: "email"},
        user=keys.segment_id or None,
        moves=action.name == "upsertContact",
    )


def _nothing(record: Any, event: Any, notes: Any) -> None:
    return None
