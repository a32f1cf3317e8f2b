"""The events of the compose file's seed are on the bus, with the id that the registry gave."""

import os
import subprocess
import sys

import pytest

from streams.core.records import Place
from streams.demo.seed import TOPIC, framed, registered
from streams.kafka.codec import Codec, Undecodable
from streams.kafka.embedded import EmbeddedBroker
from streams.kafka.framing import frame
from streams.settings import RegistrySettings
from tests.broker.clients import read_all


@pytest.mark.embedded
async def test_it_publishes_a_day_that_can_be_read():
    with EmbeddedBroker({TOPIC: 2}) as broker:
        environment = {**os.environ, "CORDIAL_STREAMS_KAFKA__BOOTSTRAP": broker.bootstrap}
        command = [sys.executable, "-m", "streams.demo.seed", "40"]
        done = subprocess.run(command, env=environment, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        found = await read_all(broker.bootstrap, TOPIC)
    assert done.stdout == f"{len(found)} records published on {TOPIC}\n"
    assert len(found) >= 40
    codec = Codec()
    for record in found:
        if record.value[:1] == b"\0":
            read = await codec.decode_event(record.value, None, Place(TOPIC, 0, 0))
            assert not isinstance(read, Undecodable), read


def test_an_event_has_the_id_of_the_registry():
    number = registered(RegistrySettings.model_construct(url="mock://seed"))
    assert number is not None
    assert frame(framed(b"\0\0\0\0\1body", number), None) == (number, 5)
    assert framed(b"no event", number) == b"no event"
    assert framed(b"\0\0\0\0\1body", None) == b"\0\0\0\0\1body"


def test_without_a_registry_the_id_is_ours():
    assert registered(RegistrySettings()) is None
