"""How late Cordial has an event is counted from the bus, however long it lay unread there."""

import time

import pytest

from streams.kafka.hops import home_of
from tests.worker.harness import SOURCE, Staging, event, until

STAGING = Staging(plan="identity: {anonymous: hold}")
pytestmark = [
    pytest.mark.embedded,
    pytest.mark.asyncio(loop_scope="module"),
]
HOUR = 3_600


async def an_hour_old(stage, *, partition=0, copied=False, **fields):
    """An event that the worker reads an hour after it came to the bus."""
    then = int(time.time() - HOUR) * 1000
    place = {"topic": b"web.events", "partition": b"0", "offset": b"7"}
    of_copy = {**place, "timestamp": str(then).encode()}
    await stage.producer.send_and_wait(
        SOURCE,
        value=event(**fields),
        key=(fields.get("userId") or "u-1").encode(),
        partition=partition,
        timestamp_ms=None if copied else then,
        headers=[(f"x-source-{name}", value) for name, value in of_copy.items() if copied],
    )


class Ages:
    """What was observed since it was made."""

    def __init__(self, stage):
        self._stage = stage
        self._before = self._now()

    def _now(self):
        count = self._stage.worker.count
        return count("event_age_seconds_count"), count("event_age_seconds_sum")

    async def of(self, commands):
        """The seconds of so many commands together, once they are there."""
        await until(lambda: self._now()[0] - self._before[0] >= commands)
        number, seconds = self._now()
        assert number - self._before[0] == commands
        return seconds - self._before[1]


@pytest.mark.parametrize("copied", [False, True])
async def test_an_event_that_lay_on_the_bus_for_an_hour_is_an_hour_late(stage, copied):
    ages = Ages(stage)
    await an_hour_old(stage, copied=copied, messageId=f"late-{copied}", event="Viewed")
    await stage.outcomes(f"late-{copied}")
    assert HOUR <= await ages.of(1) < HOUR + 100


async def test_a_replay_is_as_late_as_it_was_sent_again(stage):
    stage.faults.change({"poison": "Refused", "poison_status": 422})
    await an_hour_old(stage, messageId="again", event="Refused")
    [letter] = await until(lambda: stage.letters("again"))
    stage.faults.change({"poison": ""})
    ages = Ages(stage)
    ran = await stage.run("dead-letters", "replay", "--id", letter.id)
    assert ran.returncode == 0, ran.stderr
    assert (await stage.outcomes("again", 2))[1][1] == "delivered"
    assert await ages.of(1) < 100


@pytest.mark.parametrize("away", [0, 1])
async def test_what_was_held_for_a_visitor_is_as_late_as_it_was_let_go(stage, away):
    visitor, user = f"a-{away}", f"u-visitor-{away}"
    home = home_of(visitor, 2)
    ages = Ages(stage)
    of_visitor = {"userId": None, "anonymousId": visitor, "event": "Viewed"}
    held = {"partition": (home + away) % 2, "messageId": f"held-{away}", **of_visitor}
    await an_hour_old(stage, **held)
    await stage.outcomes(f"held-{away}")
    login = event(type="identify", messageId=f"login-{away}", userId=user, anonymousId=visitor)
    await stage.publish(login, user, partition=(home + 1) % 2)
    await stage.outcomes(f"held-{away}", 2)
    assert await ages.of(2) < 100
    ages = Ages(stage)
    after = {"partition": (home + away) % 2, "messageId": f"after-{away}", **of_visitor}
    await an_hour_old(stage, **after)
    await stage.outcomes(f"after-{away}")
    assert HOUR <= await ages.of(1) < HOUR + 100
