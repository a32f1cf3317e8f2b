"""Makes a case that fails smaller, as long as it fails in the same way."""

from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import replace
from typing import Any

from tests.fuzz.case import Case

MOST_TRIES = 1_500
Fails = Callable[[Case], bool]


def shrunk(case: Case, fails: Fails) -> Case:
    """The smallest case that was found; `fails` says whether one still does."""
    left = MOST_TRIES
    smaller = True
    while smaller and left:
        smaller = False
        for one in _less(case):
            left -= 1
            if fails(one):
                case, smaller = one, True
                break
            if not left:
                break
    return case


def _less(case: Case) -> Iterator[Case]:
    """The case without one of its parts, the largest first."""
    count = len(case.given)
    step = count // 2
    while step:
        for begin in range(0, count, step):
            yield replace(case, given=case.given[:begin] + case.given[begin + step :])
        step //= 2
    for plan in _without(case.plan):
        yield replace(case, plan=plan)
    if case.account is not None:
        yield replace(case, account=None)
    if case.trouble:
        yield replace(case, trouble=0.0)
    for number, one in enumerate(case.given):
        for raw in _without(one.raw):
            given = [*case.given]
            given[number] = replace(one, raw=raw)
            yield replace(case, given=given)


def _without(whole: Any) -> Iterator[Any]:
    """The same without one of its keys or members, at any depth."""
    if not isinstance(whole, dict | list):
        return
    places = [*whole] if isinstance(whole, dict) else range(len(whole))
    for place in places:
        rest = deepcopy(whole)
        del rest[place]
        yield rest
    for place in places:
        for inner in _without(whole[place]):
            rest = dict(whole) if isinstance(whole, dict) else list(whole)
            rest[place] = inner
            yield rest
