"""Plays a case: as `trace` tells it, and as the worker delivers it; both leave the same."""

from collections import Counter
from dataclasses import replace
from random import Random
from typing import Any

import orjson

from streams.core.compiled import CompiledPlan
from streams.plan import Plan, PlanError, bus_of, compile_plan
from tests.fuzz.account import Asked
from tests.fuzz.case import Case
from tests.fuzz.covered import Counts, keys_of
from tests.fuzz.delivery import Delivery
from tests.fuzz.plans import repaired
from tests.fuzz.serial import Told, told
from tests.unit.core.made import KEYS


def compiled_of(case: Case) -> tuple[Plan, CompiledPlan] | None:
    """The plan of a case as far as it can be used; None where it cannot."""
    plan = repaired(case.plan)
    try:
        made = None if plan is None else compile_plan(plan, KEYS)
    except PlanError:
        return None
    if plan is None or made is None:
        return None
    return plan, replace(made, catalogue=case.catalogue)


def play(case: Case, counts: Counts) -> None:
    """Raises `AssertionError` where a law is broken, and whatever a defect raises."""
    found = compiled_of(case)
    if found is None:
        counts["plans", "that cannot be used"] += 1
        return
    plan, compiled = found
    counts["plans", "used"] += 1
    counts.update(("key", key) for key in keys_of(plan))
    bus, history, chance = bus_of(plan), Told(compiled), Random(case.seed)
    apart = Asked(compiled, _typed(case, compiled), Counter())
    together = Asked(compiled, _typed(case, compiled), counts)
    delivery = Delivery(compiled, case.catalogue, together, chance, case.trouble, counts)
    renamed = False
    for number, given in enumerate(case.given):
        before, known = _groups(history), len(history.commands)
        counts["event", told(given, number, bus, history, counts)] += 1
        renamed |= any(_groups(history)[one] != name for one, name in before.items())
        for command in history.commands[known:]:
            delivery.comes(command)
        if number % case.lag == 0:
            delivery.deliver()
    delivery.deliver()
    for instance, action, body, contact in history.bodies:
        apart.takes(instance, action, orjson.dumps(body), [contact])
    if not (delivery.disturbed or renamed or apart.mixed or together.mixed):
        counts["did", "compared histories"] += 1
        _same(history, delivery, apart, together, troubled=bool(case.trouble))
    delivery.replay()


def _groups(history: Told) -> dict[str, str]:
    """The lists that group ids stand for."""
    return {key: row for (table, key), row in history.learned.items() if table == "groups"}


def _typed(case: Case, plan: CompiledPlan) -> dict[str, Any] | None:
    """The account where a guard stands before it: what it drops besides is not looked at here."""
    rules = plan.attributes
    warns = rules is None or "warn" in (rules.unknown, rules.wrong_type)
    return None if warns else case.account


def failure(case: Case, counts: Counts) -> Exception | None:
    """How the case fails; None where it does not."""
    try:
        play(case, counts)
    except Exception as error:
        return error
    return None


def _same(
    history: Told, delivery: Delivery, apart: Asked, together: Asked, *, troubled: bool
) -> None:
    """What travels together, later and twice leaves what would have come alone and at once."""
    if not troubled:
        mine = {key: said for (key, _), said in delivery.decided.items()}
        differing = {
            key: (said, mine.get(key))
            for key, said in history.decided.items()
            if mine.get(key) != said
        }
        assert not differing, f"trace says one thing, the worker another: {differing}"
    one, other = apart.knows(), together.knows()
    for kind, said in one.items():
        assert other[kind] == said, f"{kind}: {said} alone, {other[kind]} together"
