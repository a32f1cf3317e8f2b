"""What Cordial asks for while an intent is on its way to the broker holds for its request, too."""

from types import SimpleNamespace
from typing import Any

import pytest

from streams.actions import ACTIONS
from streams.cordial.circuit import Circuit
from streams.cordial.pace import Pace
from streams.core.answer import Answer, Delivered, InDoubt, Limits, Refused
from streams.core.decisions import Send
from streams.core.entry import Entry
from streams.kafka.batch import Batch, Member
from streams.kafka.endpoints import Endpoints
from streams.kafka.sink import Clockwork, Sink

ORDER = ACTIONS["upsertOrder"]
FAILURES, PROBE = 2, 15.0


class Scene:
    """One sink; `meanwhile` is answered to others while the intent is written."""

    def __init__(self, *meanwhile: Answer) -> None:
        self.posted = 0
        self.back: list[float] = []
        self._meanwhile = meanwhile
        endpoints = Endpoints(
            [ORDER], pace=lambda: Pace(lambda: 0.0), circuit=lambda: Circuit(FAILURES, PROBE)
        )
        self.endpoint = endpoints.of(ORDER)
        self.sink = Sink(
            endpoints=endpoints,
            outcomes=SimpleNamespace(intent=self.intent),
            post=self.post,
            clockwork=Clockwork(now=lambda: 100.0, lease_left=lambda: 10.0),
            answering=SimpleNamespace(
                back=lambda _, after: self.back.append(after), answered=lambda *_: None
            ),
            metrics=SimpleNamespace(request=lambda *_: None),
            instances={},
            **dict.fromkeys(
                ("partitions", "judging", "bounds", "in_flight_max", "fatal", "asleep")
            ),
        )

    async def intent(self, _: Member) -> None:
        for answer in self._meanwhile:
            self.endpoint.answered(answer, 100.0, 99.0)

    async def post(self, batch: Batch) -> Answer:
        self.posted += 1
        return Delivered(202)

    async def deliver(self) -> None:
        payload = SimpleNamespace(intended=False, in_doubt=False)
        entry = Entry("ann", "upsertOrder", 1, "m1", payload=payload)
        part: Any = None
        member = Member(part, entry, Send({}, order_intent=SimpleNamespace()))  # type: ignore[arg-type]
        probe = self.endpoint.take(100.0)
        await self.sink._deliver(self.endpoint, Batch(ORDER, (member,), {}), probe)


async def test_an_order_whose_intent_took_long_waits_as_cordial_asked_meanwhile() -> None:
    scene = Scene(Refused(429, Limits(retry_after=30.0)))
    await scene.deliver()
    assert (scene.posted, scene.back) == (0, [30.0])


async def test_it_waits_for_the_circuit_that_opened_meanwhile() -> None:
    scene = Scene(*[InDoubt("timed out")] * FAILURES)
    await scene.deliver()
    assert (scene.posted, scene.back) == (0, [PROBE])


async def test_the_probe_of_an_open_circuit_leaves() -> None:
    scene = Scene()
    scene.endpoint.circuit.open_since = 0.0
    await scene.deliver()
    assert (scene.posted, scene.back) == (1, [])


@pytest.mark.parametrize("meanwhile", [(), (Delivered(202),)])
async def test_an_endpoint_that_stayed_open_is_asked(meanwhile: tuple[Answer, ...]) -> None:
    scene = Scene(*meanwhile)
    await scene.deliver()
    assert (scene.posted, scene.back) == (1, [])
