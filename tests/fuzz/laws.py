"""What must be true of every plan and every event. Raises `AssertionError` where it is not."""

from collections import Counter
from copy import deepcopy
from typing import Any

import orjson

from streams.cordial.sandbox.rules import problems
from streams.core.compiled import CompiledPlan
from streams.core.outcome import Dead, Suppressed
from streams.core.records import Place
from streams.core.routed import Filtered
from streams.core.routing import route
from streams.kafka.codec import Codec
from streams.sources.customer_event import Invalid, from_json
from streams.tracing.history import History

NOW = 1_795_168_800_000
CODEC = Codec()
Raw = dict[str, Any]


def told(raw: Raw, number: int, history: History, plan: CompiledPlan) -> str:
    """How the event ends; checks that it does, with a reason, and what is sent because of it."""
    event = from_json(raw, Place("customer.events", 0, number), NOW)
    if isinstance(event, Invalid):
        assert event.field
        assert event.message
        return "dead_lettered"
    if event.contact is None:
        return "dead_lettered"
    before = deepcopy(event)
    routed = route(event, plan)
    assert event == before, "routing changes the event"
    assert routed == route(event, plan), "the same event gives something else"
    if isinstance(routed, Filtered):
        assert routed.reason
        return "filtered"
    ends = [one.action for one in (*routed.commands, *routed.dead, *routed.suppressed)]
    assert ends, "nothing becomes of a routed event"
    assert max(Counter(ends).values()) == 1, f"two ends of one instance: {ends}"
    assert all(isinstance(one.reason, Dead) and one.message for one in routed.dead)
    assert all(isinstance(one.reason, Suppressed) and one.told for one in routed.suppressed)
    for command in routed.commands:
        CODEC.encode_command(command)
    _decided(history, event, plan)
    return "routed"


def _decided(history: History, event: Any, plan: CompiledPlan) -> None:
    """What is decided at the head of the lane, with what is known of earlier events."""
    line = history.tell(event)
    bugs = [one for one in line["dead"] if one["reason"] == Dead.BUG]
    assert not bugs, history.ended.refused
    actions = {one.name: one.action for one in plan.instances}
    for command in line["commands"]:
        found = list(problems(actions[command["action"]], command["body"]))
        assert not found, (found, command)
        assert orjson.loads(orjson.dumps(command["body"])) == command["body"]
