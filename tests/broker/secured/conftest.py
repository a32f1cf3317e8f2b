"""A broker that wants TLS and a password, with the topics of a stage, and a worker's way to it."""

import os
import subprocess
import sys

import pytest
from confluent_kafka.admin import (
    AdminClient,
    ScramCredentialInfo,
    ScramMechanism,
    UserScramCredentialUpsertion,
)

from streams.demo.ports import free_port
from tests.broker.certificates import Authority
from tests.broker.kafka import RealKafka
from tests.worker.harness import PARTITIONS, Staging

# GOOD has a certificate that is valid, OLD one that is not; both want SCRAM-SHA-512. GOOD closes
# a connection after four seconds, as a broker does with credentials that are short-lived.
LISTENERS = """
listeners=PLAINTEXT://127.0.0.1:{plain},CONTROLLER://127.0.0.1:{controller},\
GOOD://127.0.0.1:{good},OLD://127.0.0.1:{old}
advertised.listeners=PLAINTEXT://127.0.0.1:{plain},GOOD://127.0.0.1:{good},OLD://127.0.0.1:{old}
controller.quorum.voters=1@127.0.0.1:{controller}
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,GOOD:SASL_SSL,OLD:SASL_SSL
sasl.enabled.mechanisms=SCRAM-SHA-512
listener.name.good.scram-sha-512.connections.max.reauth.ms=4000
listener.name.good.scram-sha-512.sasl.jaas.config={module} required;
listener.name.old.scram-sha-512.sasl.jaas.config={module} required;
authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer
allow.everyone.if.no.acl.found=true
super.users=User:ANONYMOUS
listener.name.good.ssl.keystore.type=PEM
listener.name.good.ssl.keystore.location={good_file}
listener.name.old.ssl.keystore.type=PEM
listener.name.old.ssl.keystore.location={old_file}
"""
MODULE = "org.apache.kafka.common.security.scram.ScramLoginModule"
FIRST, SECOND = "the-first-password", "the-second-password"


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("tls"))


@pytest.fixture(scope="module")
def ports(parts, authority, tmp_path_factory):
    """The listeners of the broker, which has the topics of a stage."""
    found = {name: free_port() for name in ("plain", "controller", "good", "old")}
    files = {
        "good_file": authority.gives("good"),
        "old_file": authority.gives("old", days=(-2, -1)),
    }
    lines = LISTENERS.format(module=MODULE, **found, **files)
    scram = ("--add-scram", f"SCRAM-SHA-512=[name=worker,password={FIRST}]")
    with RealKafka(tmp_path_factory.mktemp("secured"), found["plain"], lines, scram):
        make_topics(f"127.0.0.1:{found['plain']}")
        yield found


def make_topics(bootstrap):
    environment = {**os.environ, "CORDIAL_STREAMS_KAFKA__BOOTSTRAP": bootstrap}
    words = ["topics", "apply", "--with-sources", "--partitions", str(PARTITIONS)]
    command = [sys.executable, "-m", "streams.cli", *words]
    subprocess.run(command, env=environment, check=True, capture_output=True)


def staging(ports, authority, password, listener="good"):
    return Staging(
        settings={
            "KAFKA__BOOTSTRAP": f"127.0.0.1:{ports[listener]}",
            "KAFKA__SECURITY": "SASL_SSL",
            "KAFKA__CA_FILE": str(authority.file),
            "KAFKA__USERNAME": "worker",
            "KAFKA__PASSWORD_FILE": str(password),
        },
        program="tests.broker.impatient",
    )


@pytest.fixture
def password(ports, tmp_path):
    """The file of the password; the broker has the first of them again in the end."""
    file = tmp_path / "password"
    file.write_text(FIRST + "\n")
    yield file
    changed(ports, FIRST)


def changed(ports, password):
    admin = AdminClient({"bootstrap.servers": f"127.0.0.1:{ports['plain']}"})
    info = ScramCredentialInfo(ScramMechanism.SCRAM_SHA_512, 4096)
    wanted = UserScramCredentialUpsertion("worker", info, password.encode())
    for done in admin.alter_user_scram_credentials([wanted]).values():
        done.result(30)


def said(stage):
    return (stage.directory / "worker.log").read_text()
