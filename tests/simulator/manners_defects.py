"""Errors planted in pace, circuit and retrying, and in how the shell obeys them."""

from streams.core.answer import NO_LIMITS, InDoubt, Refused
from streams.core.lanes import Entry
from tests.simulator.cordial import Request
from tests.simulator.shell import Shell


class DeafToRetryAfter(Shell):
    """The pace does not learn when it may ask again."""

    def learn(self, request: Request) -> None:
        assert request.answer is not None
        self.around.laws.heard(request, self.around.clock.now)
        circuit = self.process.endpoints[request.action].circuit
        circuit.answered(request.answer, self.around.clock.now)


class CircuitThatNeverOpens(Shell):
    """Failures are not counted."""

    def learn(self, request: Request) -> None:
        super().learn(request)
        self.process.endpoints[request.action].circuit.record(True, self.around.clock.now)


class IntentThenAtOnce(Shell):
    """An order whose intent took long leaves, whatever the endpoint has asked for meanwhile."""

    def closed_for(self, action: str, probe: bool) -> float:
        return 0.0


class RefusalsCount(Shell):
    """A 429 counts against the budget of its command."""

    def answered(self, request: Request) -> None:
        if isinstance(request.answer, Refused):
            self.learn(request)
            request.answer = InDoubt("429", limits=NO_LIMITS)
            self.learn = lambda request: None  # type: ignore[method-assign]
            super().answered(request)
            del self.learn
        else:
            super().answered(request)


class BackWithoutAWord(Shell):
    """What comes back from a refusal is never looked at again."""

    def back(self, request: Request, after: float) -> None:
        self.lanes.back([member.entry for member in request.members])


class OneSleepsAllWait(Shell):
    """While one contact waits for its next try nobody is sent."""

    def send(self, action: str) -> bool:
        return not self.asleep and super().send(action)


class DeliveredTwice(Shell):
    """What is delivered is not looked up: each copy is sent."""

    def decide(self, entry: Entry):  # type: ignore[no-untyped-def]
        decision = super().decide(entry)
        duplicate = decision is not None and decision.args[1:2] == ("duplicate",)
        return None if duplicate and self.load(entry).action != "order" else decision


class NoRoomAsked(Shell):
    """The router reads on, however much is open."""

    def route(self) -> bool:
        room = self.lanes.room
        self.lanes.room = lambda: not self.lanes.revoked  # type: ignore[method-assign]
        moved = super().route()
        self.lanes.room = room  # type: ignore[method-assign]
        return moved


MANNERS: dict[str, type[Shell]] = {
    "deaf-to-retry-after": DeafToRetryAfter,
    "circuit-that-never-opens": CircuitThatNeverOpens,
    "intent-then-at-once": IntentThenAtOnce,
    "refusals-count": RefusalsCount,
    "back-without-a-word": BackWithoutAWord,
    "one-sleeps-all-wait": OneSleepsAllWait,
    "delivered-twice": DeliveredTwice,
    "no-room-asked": NoRoomAsked,
}
