"""Instances of actions: the ten under Cordial's own names, and those that a plan adds.

Commands of one event leave in the order of their action's rank, then of the priority that the
plan gives an instance, then of its name.
"""

import re
from collections.abc import Iterator

from streams.actions import ACTIONS
from streams.actions.declaration import RANKS, Action
from streams.core.functions import Noted, Refused
from streams.core.functions.names import activity_name
from streams.plan import consenting
from streams.plan.model import ActionPlan, Plan
from streams.plan.places import Finding, Path, suggestion

NAME = re.compile(r"[A-Za-z0-9_-]{1,60}")
TAKEN = ("keyed", "dead-letters", "receipts", "replays", "hops", "event")
"""What other topics of ours are called, and what an event that died is called in metrics."""


def instance_names(plan: Plan) -> list[str]:
    """The name of every instance, in the order in which their commands leave."""
    return [name for name, _, _ in instances(plan)]


def instances(plan: Plan) -> list[tuple[str, Action, ActionPlan]]:
    """Every instance in that order: its name, the action it is, and what the plan says of it."""
    found = {**dict.fromkeys(ACTIONS, ActionPlan()), **plan.actions}
    found = consenting.instance(plan) | found
    known = [(name, ACTIONS[said.action or name], said) for name, said in found.items()]
    return sorted(known, key=lambda one: (RANKS[one[1].rank], one[2].priority, one[0]))


def activity_name_problem(name: str) -> str:
    """Why Cordial would not take an activity of this name as it is; empty where it would."""
    try:
        made = activity_name(name)
    except Refused as refused:
        return str(refused)
    return "" if made == name or (isinstance(made, Noted) and made.value == name) else "is no name"


def problems(plan: Plan) -> Iterator[Finding]:
    """What is wrong with the names of instances and with what each is."""
    folded = {name.lower(): name for name in (*ACTIONS, *TAKEN)}
    for name, asked in plan.actions.items():
        at: Path = ("actions", name)
        if activity_name_problem(asked.page_name):
            remedy = "call it something else, in at most 40 characters"
            yield (*at, "page_name"), activity_name_problem(asked.page_name), remedy
        if name in ACTIONS:
            if asked.action not in (None, name):
                what = f"is called {name} and cannot be another action"
                yield (*at, "action"), what, "give the instance a name of its own"
            continue
        if asked.action is None:
            near = suggestion(name, ACTIONS)
            yield at, "is no action", f"{near}; an instance of another name says action:"
            continue
        if asked.action not in ACTIONS:
            yield (*at, "action"), f"{asked.action} is no action", suggestion(asked.action, ACTIONS)
        if asked.trigger is None:
            yield at, "has no trigger", "give it one; an instance of its own name has no default"
        if not NAME.fullmatch(name):
            expected = "call it by letters, digits, - and _, at most 60 of them"
            yield at, "cannot be the name of a topic and a metric", expected
        other = folded.setdefault(name.lower(), name)
        if other != name:
            yield at, f"differs from {other} in case alone", "call it something else"
        elif name in TAKEN:
            yield at, "is the name of something else", "call it something else"
