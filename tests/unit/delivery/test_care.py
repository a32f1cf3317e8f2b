"""Records that are tried before they are read: which, how, and what is made of it."""

import os
import signal
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml
from faust.types import TP

from streams.actions import ACTIONS
from streams.cordial.circuit import Circuit
from streams.cordial.pace import Pace
from streams.core.command import Position
from streams.core.decisions import Suppress
from streams.core.entry import Entry
from streams.core.outcome import Dead, Suppressed
from streams.core.suspicion import PASSED, RAISED, TRIALS
from streams.kafka.batch import Bounds
from streams.kafka.care import Care
from streams.kafka.endpoints import Endpoints
from streams.kafka.sink import Clockwork, Sink
from streams.kafka.trials import ALARM_SECONDS, CPU_SECONDS, MEMORY, nothing, trial

BUS = TP("bus", 0)


def at(offset, topic="bus", partition=0):
    return Position(0, topic, partition, offset)


def killed(number):
    return lambda: os.kill(os.getpid(), number)


@pytest.mark.parametrize(
    ("step", "code"),
    [
        (lambda: None, PASSED),
        (nothing, PASSED),
        (lambda: 1 / 0, RAISED),
        (lambda: sys.exit(0), RAISED),
        (lambda: os._exit(0), 0),
        (lambda: bytearray(2 * MEMORY), RAISED),
        (killed(signal.SIGSEGV), -signal.SIGSEGV),
        (killed(signal.SIGTERM), -signal.SIGTERM),
        (killed(signal.SIGKILL), -signal.SIGKILL),
    ],
)
def test_a_trial_tells_how_a_step_ends(step, code):
    assert trial(step) == code


def test_a_trial_changes_nothing_here():
    made = []
    assert trial(lambda: made.append(1)) == PASSED
    assert made == []


def test_only_what_ends_each_trial_is_dead():
    care = Care()
    assert care.verdict(lambda: None) is None
    assert care.verdict(killed(signal.SIGKILL)) is None
    verdict = care.verdict(killed(signal.SIGSEGV))
    assert (verdict.reason, verdict.message) == (
        Dead.CRASHES_WORKER,
        "it ends the process that reads it by SIGSEGV, in 3 of 3 trials",
    )


def test_where_even_nothing_fails_nothing_is_told():
    """There is no memory left: whatever is tried falls."""
    asked = []

    def no_memory(step):
        asked.append(step)
        return RAISED

    assert Care(trial=no_memory).verdict(lambda: None) is None
    assert len(asked) == TRIALS + 1
    assert asked[-1] is nothing


def test_a_step_that_fell_once_is_well():
    codes = iter([RAISED, PASSED, RAISED, PASSED])
    assert Care(trial=lambda _: next(codes)).verdict(lambda: None) is None


def test_nothing_is_tried_unless_reading_began_there_again_and_again():
    care = Care()
    care.begin({})
    assert not care.on
    assert not care.covers(at(0))


@pytest.mark.parametrize("code", [-signal.SIGALRM, -signal.SIGKILL])
@pytest.mark.parametrize("before", [[], [RAISED]])
def test_after_a_trial_that_tells_nothing_there_is_no_other(code, before):
    """It may have taken all of the alarm's time, and nothing that follows would prove anything."""
    codes = iter([*before, code])
    assert Care(trial=lambda _: next(codes)).verdict(lambda: None) is None
    assert list(codes) == []


def test_all_trials_of_a_record_end_before_who_asks_for_livez_gives_up():
    """The loop stands still meanwhile."""
    base = Path(__file__).parents[3] / "k8s" / "base" / "statefulset.yaml"
    (worker,) = yaml.safe_load(base.read_text())["spec"]["template"]["spec"]["containers"]
    probe = worker["livenessProbe"]
    patience = (probe["failureThreshold"] - 1) * probe["periodSeconds"] + probe["timeoutSeconds"]
    assert CPU_SECONDS + 1 < ALARM_SECONDS < patience / TRIALS


def test_what_stands_below_is_tried_until_it_is_passed():
    care = Care()
    care.begin({BUS: 10})
    assert [care.covers(one) for one in (at(0), at(9), at(10), at(0, "other"))] == [
        *(True, True, False, False)
    ]
    care.passed({BUS: 9, TP("other", 0): 100})
    assert care.covers(at(9))
    care.passed({BUS: 10})
    assert not care.on


async def test_what_is_over_as_soon_as_it_was_tried_is_passed():
    """A command that was settled before a crash needs nothing but its row, and is closed."""
    order, care = ACTIONS["upsertOrder"], Care(trial=lambda _: PASSED)
    care.begin({BUS: 10})
    entry = Entry("ann", order.name, 1, "m-1", payload=SimpleNamespace(position=at(1)))
    part = SimpleNamespace(live=True, lanes=SimpleNamespace(head=lambda _: entry))
    names = SimpleNamespace(name=order.name, action=order.name, declaration=order)
    names.join_members = names.join_bytes = None
    endpoints = Endpoints([order], pace=lambda: Pace(lambda: 0.0), circuit=lambda: Circuit(2, 15.0))

    def closed(*_):
        entry.payload = None

    sink = Sink(
        partitions={},
        instances={order.name: names},
        endpoints=endpoints,
        judging=SimpleNamespace(judge=lambda *_: Suppress(Suppressed.REPLAY)),
        outcomes=SimpleNamespace(suppressed=closed),
        clockwork=Clockwork(now=lambda: 100.0, lease_left=lambda: 10.0),
        metrics=SimpleNamespace(in_flight=lambda _: None),
        bounds=Bounds(1, 1),
        in_flight_max=1,
        care=care,
        **dict.fromkeys(("post", "fatal", "answering", "asleep")),
    )
    endpoint = endpoints.of(order)
    endpoint.queue.append((part, "ann"))
    sink._drain(endpoint)
    assert entry.payload is None
