"""One case: a plan, what the account has, and a history of records of its sources."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from random import Random
from typing import Any

from streams.cordial.account_attributes import parsed_catalogue
from streams.core.catalogue import Catalogue
from streams.plan import Plan
from streams.plan.sourcing import record_name, record_types
from tests.fuzz.events import Raw, events, record
from tests.fuzz.plans import plan_data, repaired

EVENTS_OF_A_CASE = 16
KINDS = ["string", "number", "array", "geo", "date"]
USUAL = {
    "plan": "string",
    "age": "number",
    "vip": "string",
    "colors": "array",
    "address": "geo",
    "since": "date",
    "tags": "array",
    "market": "string",
}


@dataclass(frozen=True, slots=True)
class Given:
    """One record of the bus: of which topic, of which type, and what it says."""

    raw: Raw
    source: str | None = None
    record: str | None = None


@dataclass(slots=True)
class Case:
    """`seed` is for what chance decides while it is played."""

    plan: dict[str, Any]
    given: list[Given]
    account: dict[str, Any] | None = None
    seed: int = 0
    lag: int = 4
    trouble: float = 0.0

    @property
    def catalogue(self) -> Catalogue | None:
        """The account, as its file has it."""
        return None if self.account is None else parsed_catalogue(json.dumps(self.account))


@dataclass(frozen=True, slots=True)
class _Source:
    topic: str
    types: list[tuple[str | None, bool]] = field(default_factory=list)


def case_of(seed: int, events_: int = EVENTS_OF_A_CASE) -> Case:
    """The case of a seed."""
    chance = Random(seed)
    data = plan_data(chance)
    plan = repaired(data)
    sources = list(_read(plan)) if plan is not None else []
    given = [_given(chance, raw, sources, n) for n, raw in enumerate(events(chance, events_))]
    account = _account(chance) if "attributes" in data else None
    trouble = chance.choice((0.0, 0.0, 0.25))
    return Case(data, given, account, seed, chance.choice((1, 3, 8, 16)), trouble)


def _read(plan: Plan) -> Iterator[_Source]:
    """The sources that are read, with their types of records and whether these are mapped."""
    for source in plan.sources:
        if source.enabled and not source.paused:
            types = [
                (record_name(source.topic, said), said.mapping is not None)
                for _, said in record_types(source)
            ]
            yield _Source(source.topic, types)


def _given(chance: Random, raw: Raw, sources: list[_Source], number: int) -> Given:
    if not sources:
        return Given(raw)
    source = chance.choice(sources)
    name, mapped = chance.choice(source.types)
    other = chance.random() < 0.03
    said = record(chance, number) if mapped else raw
    return Given(said, source.topic, "shop.Other" if other else name)


def _account(chance: Random) -> dict[str, Any]:
    """Most of the attributes that are told, of their type or of another."""
    told = {
        name: kind if chance.random() < 0.7 else chance.choice(KINDS)
        for name, kind in USUAL.items()
        if chance.random() < 0.7
    }
    attributes = [{"key": name, "name": name, "type": kind} for name, kind in told.items()]
    for one in attributes:
        if chance.random() < 0.2:
            one |= {"validators": {"max": 2}, "options": {"maxitems": 1}}
    return {"attributes": attributes, "lists": chance.sample(["vip", "VIP", "News"], 2)}
