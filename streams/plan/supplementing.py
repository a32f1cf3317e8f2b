"""`supplement:` of an action: what is wrong with it, and the mapping that it becomes."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from streams.actions.declaration import Action
from streams.core.action_names import SUPPLEMENT
from streams.plan import laying
from streams.plan.mappings import Check
from streams.plan.model import ActionPlan, SupplementPlan
from streams.plan.places import Finding, Path

ID = "id"


def shaped(action: Action, asked: SupplementPlan | None) -> Action:
    """The action with the mapping that the plan's words stand for."""
    if asked is None:
        return action
    record: dict[str, Any] = {ID: asked.id, **asked.record}
    mapping: dict[str, Any] = {"supplement": {"const": asked.name}}
    if asked.updated_date_field is not None:
        record[asked.updated_date_field] = _updated(asked)
        mapping["updatedDateField"] = {"const": asked.updated_date_field}
    if asked.each is None:
        mapping["records"] = {"fn": "one", "of": record}
    else:
        mapping["records"] = {"each": asked.each, "as": record}
    members = laying.inside(mapping["records"])
    sources = {"records": members.removesuffix("[].") or "records"}
    told = laying.origin(asked.id, members)
    sources |= {} if told is None else {ID: told}
    return replace(action, mapping=mapping, item_list="records", sources=sources)


def problems(kind: Action, asked: ActionPlan, at: Path) -> Iterator[Finding]:
    """What is wrong with it, and with an action that lacks it."""
    told = asked.supplement
    if kind.name != SUPPLEMENT:
        if told is not None:
            yield (*at, "supplement"), f"is for {SUPPLEMENT} alone", "take it away"
        return
    if told is None:
        if asked.trigger is not None and asked.mapping is None:
            remedy = "say with supplement: what it is called and what stands in its records"
            yield at, "says nothing of its records", remedy
        return
    at, check, member = (*at, "supplement"), Check(), told.each is not None
    if told.each is not None:
        yield from check.problems(told.each, (*at, "each"))
    yield from check.problems(told.id, (*at, "id"), member=member)
    if told.updated is not None:
        yield from check.problems(told.updated, (*at, "updated"), member=member)
        if told.updated_date_field is None:
            what = "is for no field"
            yield (*at, "updated"), what, "name the record's field with updated_date_field:"
    yield from check.names(told.record, (*at, "record"))
    for name, spec in told.record.items():
        if name in (ID, told.updated_date_field):
            word = "id:" if name == ID else "updated:"
            yield (*at, "record", name), f"is what {word} says", "say it there"
        yield from check.problems(spec, (*at, "record", name), member=member)


def _updated(asked: SupplementPlan) -> Any:
    if asked.updated is not None:
        return {"fn": "date", "of": asked.updated}
    return {"fn": "iso_date", "of": "timestamp" if asked.each is None else "$.timestamp"}
