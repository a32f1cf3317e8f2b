"""Our settings really connect: TLS with the host's name checked, and every SASL mechanism."""

import shutil
import subprocess

import pytest

from streams.demo.ports import free_port
from streams.kafka.cluster import read_cluster
from streams.kafka.refusal import BrokerRefusesError
from streams.settings import KafkaSettings, Settings
from tests.broker.kafka import RealKafka
from tests.broker.parts import required

pytestmark = pytest.mark.kafka

LISTENERS = """
listeners=PLAINTEXT://127.0.0.1:{plain},CONTROLLER://127.0.0.1:{controller},\
SASL_SSL://127.0.0.1:{sasl_ssl},SASL_PLAINTEXT://127.0.0.1:{sasl}
advertised.listeners=PLAINTEXT://127.0.0.1:{plain},\
SASL_SSL://127.0.0.1:{sasl_ssl},SASL_PLAINTEXT://127.0.0.1:{sasl}
controller.quorum.voters=1@127.0.0.1:{controller}
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,\
SASL_SSL:SASL_SSL,SASL_PLAINTEXT:SASL_PLAINTEXT
sasl.enabled.mechanisms=PLAIN,SCRAM-SHA-256,SCRAM-SHA-512
ssl.keystore.type=PEM
ssl.keystore.location={keystore}
"""
PLAIN = "org.apache.kafka.common.security.plain.PlainLoginModule required user_worker=secret;"
SCRAM = "org.apache.kafka.common.security.scram.ScramLoginModule required;"
MECHANISMS = ("PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512")


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """Key and certificate in one PEM file, and the certificate alone, which signs itself."""
    if shutil.which("openssl") is None:
        (pytest.fail if required() else pytest.skip)("no openssl here; apt-get install openssl")
    directory = tmp_path_factory.mktemp("tls")
    key, trusted, both = (directory / name for name in ("key.pem", "ca.pem", "both.pem"))
    words = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=test"]
    words += ["-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(key), "-out", str(trusted)]
    subprocess.run(["openssl", *words], check=True, capture_output=True)
    both.write_text(key.read_text() + trusted.read_text())
    return both, trusted


@pytest.fixture(scope="module")
def secured(parts, certificate, tmp_path_factory):
    """The ports of a broker that asks for a password, over TLS and without."""
    names = ("plain", "controller", "sasl_ssl", "sasl")
    ports = {name: free_port() for name in names}
    lines = LISTENERS.format(keystore=certificate[0], **ports)
    for listener in ("sasl_ssl", "sasl_plaintext"):
        for mechanism in MECHANISMS:
            module = PLAIN if mechanism == "PLAIN" else SCRAM
            lines += f"listener.name.{listener}.{mechanism.lower()}.sasl.jaas.config={module}\n"
    scram = [
        word
        for mechanism in MECHANISMS[1:]
        for word in ("--add-scram", f"{mechanism}=[name=worker,password=secret]")
    ]
    directory = tmp_path_factory.mktemp("secured")
    with RealKafka(directory, ports["plain"], lines, tuple(scram)):
        yield ports


def settings(port, **other):
    return Settings(kafka=KafkaSettings(bootstrap=f"127.0.0.1:{port}", username="worker", **other))


@pytest.mark.parametrize("mechanism", MECHANISMS)
async def test_a_password_over_tls(secured, certificate, mechanism):
    ours = settings(
        secured["sasl_ssl"],
        security="SASL_SSL",
        sasl_mechanism=mechanism,
        password="secret",
        ca_file=certificate[1],
    )
    assert not (await read_cluster(ours)).limited


@pytest.mark.parametrize("mechanism", MECHANISMS)
async def test_a_password_without_tls(secured, mechanism):
    ours = settings(
        secured["sasl"], security="SASL_PLAINTEXT", sasl_mechanism=mechanism, password="secret"
    )
    assert not (await read_cluster(ours)).limited


async def test_a_wrong_password_is_refused(secured):
    ours = settings(secured["sasl"], security="SASL_PLAINTEXT", password="wrong")
    with pytest.raises(BrokerRefusesError, match="rejects the user 'worker' or its password"):
        await read_cluster(ours)


async def test_an_authority_that_we_do_not_trust_is_refused(secured):
    ours = settings(secured["sasl_ssl"], security="SASL_SSL", password="secret")
    with pytest.raises(BrokerRefusesError, match=r"not trusted .*; look at kafka\.ca_file"):
        await read_cluster(ours)
