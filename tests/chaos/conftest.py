"""One broker for all faults, with a second door whose address is that of a proxy."""

import pytest
import pytest_asyncio
from confluent_kafka.admin import AdminClient

from streams.demo.ports import free_port
from tests.broker.conftest import name, parts  # noqa: F401 - fixtures
from tests.broker.kafka import RealKafka
from tests.chaos.proxy import Proxy
from tests.chaos.scene import scene_at

DOORS = """
listeners=PLAINTEXT://127.0.0.1:{plain},CONTROLLER://127.0.0.1:{controller},\
PROXIED://127.0.0.1:{behind}
advertised.listeners=PLAINTEXT://127.0.0.1:{plain},PROXIED://127.0.0.1:{front}
controller.quorum.voters=1@127.0.0.1:{controller}
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,PROXIED:PLAINTEXT
inter.broker.listener.name=PLAINTEXT
group.min.session.timeout.ms=1000
"""


@pytest.fixture(scope="session")
def doors():
    """The ports of the broker: its own, and those behind and before the proxy."""
    return {door: free_port() for door in ("plain", "controller", "behind", "front")}


@pytest.fixture(scope="session")
def kafka(parts, doors, tmp_path_factory):  # noqa: F811
    with RealKafka(tmp_path_factory.mktemp("kafka"), doors["plain"], DOORS.format(**doors)) as one:
        yield one


@pytest.fixture
def admin(kafka):
    return AdminClient({"bootstrap.servers": kafka.bootstrap, "log_level": 0})


@pytest_asyncio.fixture
async def proxy(kafka, doors):
    """Between a worker and the broker."""
    async with Proxy(("127.0.0.1", doors["behind"]), doors["front"]) as one:
        yield one


@pytest_asyncio.fixture
async def scene(kafka, name, tmp_path):  # noqa: F811
    """A shop's topics on the broker, a sandbox, and workers that a test starts."""
    async with scene_at(kafka, name, tmp_path) as one:
        yield one
