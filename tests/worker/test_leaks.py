"""The net itself: a leak that is planted fails the test in which it happens."""

import pytest

from tests.leaks import KEY, LeakError, found, search
from tests.worker.harness import Staging, event, staged

LEAKED = [
    f"the key is {KEY}",
    f"x-api-key: {KEY}\r\n",
    "Authorization: Basic Y2FuYXJ5LW9mLXRoZS1hcGkta2V5Og==",
    "for canary.of.the.events@shop.example",
    "for ana%40shop.example",
    '{"email":"ana@shop.example"}',
    "call +4915150000777",
    "call %2B4915150000777",
]
FINE = ["2026-11-21T03:17:45.123Z", "127.0.0.1:9092", "0a1b2c3d", "u-1", "1795168800000", "[email]"]


@pytest.mark.parametrize("text", LEAKED)
def test_what_belongs_to_a_person_or_a_lock_is_found(text):
    with pytest.raises(LeakError, match="somewhere has"):
        search("somewhere", f"all is well\n{text}\n")


@pytest.mark.parametrize("text", FINE)
def test_what_operators_need_is_no_leak(text):
    assert not found(text)


PLANTED = {"key": "worker.log has", "metric": "/metrics has", "letter": "a dead letter has"}


async def one_event(directory):
    who = "+4915150000777"
    async with staged(directory, Staging(program="tests.worker.leaky", partitions=1)) as stage:
        await stage.publish(event(event="Seen", messageId="m-1", userId=who), who)
        await stage.outcomes("m-1")


@pytest.mark.embedded
@pytest.mark.parametrize("leak", PLANTED)
async def test_a_leak_of_a_worker_fails_its_test(leak, tmp_path, monkeypatch):
    monkeypatch.setenv("LEAK", leak)
    with pytest.raises(LeakError, match=PLANTED[leak]):
        await one_event(tmp_path)
