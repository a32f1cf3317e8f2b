"""Values that these tests share: an event, a command, a compiled plan."""

from typing import Any

from streams.core.command import Command, Position
from streams.core.compiled import CompiledPlan, Instance
from streams.core.event import Event
from streams.core.identity import AccountKeys
from streams.plan import compile_plan, plan_of

HERE = Position(1, "customer.events", 0, 7)
ELSEWHERE = Position(1, "customer.events", 0, 3)
TEN_O_CLOCK = 1_795_168_800_000
KEYS = AccountKeys(segment_id="segment_id")


def event(kind: str = "track", **fields: Any) -> Event:
    given = {"message_id": "m-1", "timestamp": TEN_O_CLOCK, "user_id": "u-42"}
    return Event(type=kind, **{**given, **fields})


def plan(**actions: Any) -> CompiledPlan:
    return compile_plan(plan_of({"actions": actions}), KEYS)


def instance(name: str, **said: Any) -> Instance:
    (one,) = (one for one in plan(**{name: said}).instances if one.name == name)
    return one


def command(action: str, body: dict[str, Any], **fields: Any) -> Command:
    given = {"contact": "u-42", "message_id": "m-1", "event_time": TEN_O_CLOCK, "position": HERE}
    return Command(action=action, body=body, **{**given, **fields})
