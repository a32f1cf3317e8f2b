"""The producers: events on the keyed topic, some doubled or after a gap, and external commands."""

from tests.simulator.broker import Broker
from tests.simulator.chance import Chance
from tests.simulator.cordial import Cordial
from tests.simulator.laws import Copy, Laws
from tests.simulator.schedule import KEYED, Event, Schedule


class Bus:
    """What is still to be published."""

    def __init__(
        self, rng: Chance, schedule: Schedule, broker: Broker, cordial: Cordial, laws: Laws
    ) -> None:
        self._rng = rng
        self._schedule = schedule
        self._broker = broker
        self._cordial = cordial
        self._laws = laws
        self._events = list(reversed(schedule.events))
        self._externals = schedule.externals

    def publish(self) -> bool:
        """An event, perhaps after an offset without a record, perhaps with an earlier one again.

        Now and then the operator repairs what Cordial rejected.
        """
        chance = self._rng.random()
        if self._externals and (chance < 0.2 or not self._events):
            self._publish_external()
            return True
        if not self._events:
            return False
        self._cordial.kind = self._cordial.kind or self._rng.random() < 0.04
        event = self._events.pop()
        self._laws.published(event)
        place = (KEYED, self._schedule.partition(event.contact))
        if chance > 0.85:
            self._broker.append(place, None)
        self._broker.append(place, event)
        if self._rng.random() < self._schedule.doubled:
            earlier = [each for each in self._broker.log(place) if each is not None]
            self._broker.append(place, self._rng.choice(earlier))
        return True

    def _publish_external(self) -> None:
        """A dead letter replayed, or a command that no event made."""
        self._externals -= 1
        dead = [letter for letter in self._laws.dead if letter.action != "order"]
        if dead and self._rng.random() < 0.7:
            letter = self._rng.choice(dead)
            event, action = letter.event, letter.action
        else:
            contact = f"c{self._rng.randint(0, 1)}"
            action = "activity"
            event = Event(contact, f"x{self._externals}", (action,), "", ())
            self._laws.published(event)
        place = (action, self._schedule.partition(event.contact))
        self._broker.append(place, Copy(event, action, None, action))
