"""A broker that wants the client's certificate: which it takes, and what is said of the others."""

import asyncio
import shutil

import pytest
import uvloop

from streams.demo.ports import free_port
from streams.kafka.cluster import read_cluster
from streams.kafka.refusal import BrokerRefusesError
from streams.settings import KafkaSettings, Settings
from tests.broker.certificates import Authority
from tests.broker.kafka import RealKafka

pytestmark = pytest.mark.kafka

LISTENERS = """
listeners=PLAINTEXT://127.0.0.1:{plain},CONTROLLER://127.0.0.1:{controller},\
MUTUAL://127.0.0.1:{mutual}
advertised.listeners=PLAINTEXT://127.0.0.1:{plain},MUTUAL://127.0.0.1:{mutual}
controller.quorum.voters=1@127.0.0.1:{controller}
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,MUTUAL:SSL
listener.name.mutual.ssl.client.auth=required
listener.name.mutual.ssl.keystore.type=PEM
listener.name.mutual.ssl.keystore.location={broker}
listener.name.mutual.ssl.truststore.type=PEM
listener.name.mutual.ssl.truststore.location={authority}
"""


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("tls"))


@pytest.fixture(scope="module")
def mutual(parts, authority, tmp_path_factory):
    """The port of the listener that wants a certificate."""
    ports = {name: free_port() for name in ("plain", "controller", "mutual")}
    files = {"broker": authority.gives("broker"), "authority": authority.file}
    lines = LISTENERS.format(**ports, **files)
    with RealKafka(tmp_path_factory.mktemp("mutual"), ports["plain"], lines):
        yield ports["mutual"]


def settings(port, authority, certificate):
    return Settings(
        kafka=KafkaSettings(
            bootstrap=f"127.0.0.1:{port}",
            security="SSL",
            ca_file=authority.file,
            cert_file=certificate,
        )
    )


async def test_a_certificate_is_taken_and_so_is_the_one_in_its_place(mutual, authority, tmp_path):
    file = tmp_path / "client.pem"
    shutil.copy(authority.gives("first"), file)
    ours = settings(mutual, authority, file)
    assert not (await read_cluster(ours)).limited
    shutil.copy(authority.gives("over", days=(-2, -1)), file)
    with pytest.raises(BrokerRefusesError):
        await read_cluster(ours)
    shutil.copy(authority.gives("second"), file)
    assert not (await read_cluster(ours)).limited


@pytest.mark.parametrize("runs", [asyncio.run, uvloop.run], ids=["asyncio", "uvloop"])
@pytest.mark.parametrize("which", ["none", "expired", "a stranger's"])
def test_a_certificate_that_is_not_taken_is_said(which, runs, mutual, authority, tmp_path):
    made = {
        "none": lambda: None,
        "expired": lambda: authority.gives("expired", days=(-2, -1)),
        "a stranger's": lambda: Authority(tmp_path).gives("stranger"),
    }[which]()
    with pytest.raises(BrokerRefusesError, match=r"breaks off .*kafka\.cert_file is there, valid"):
        runs(read_cluster(settings(mutual, authority, made)))
