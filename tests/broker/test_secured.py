"""A whole worker at a broker that wants TLS and a password, or will not have it."""

import asyncio
import os
import subprocess
import sys
import time

import pytest
from confluent_kafka.admin import (
    AclBinding,
    AclBindingFilter,
    AclOperation,
    AclPermissionType,
    AdminClient,
    ResourcePatternType,
    ResourceType,
    ScramCredentialInfo,
    ScramMechanism,
    UserScramCredentialUpsertion,
)

from tests.broker.certificates import Authority
from tests.broker.kafka import RealKafka, free_port
from tests.worker.harness import PARTITIONS, Staging, event, staged_at, until

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(150)]

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


async def test_it_delivers_and_goes_on_with_the_password_that_was_put_in_its_place(
    ports, authority, password, tmp_path
):
    async with staged_at(
        f"127.0.0.1:{ports['plain']}", tmp_path, staging(ports, authority, password)
    ) as stage:
        who = {"traits": {"email": "ana@shop.example"}}
        await until(stage.worker.ready)
        await stage.publish(event(event="Seen", messageId="s-1", context=who))
        await stage.outcomes("s-1")
        await asyncio.to_thread(changed, ports, SECOND)
        password.write_text(SECOND + "\n")
        await asyncio.sleep(9)  # by then the broker has closed whatever the first had opened
        await stage.publish(event(event="Seen", messageId="s-2", context=who))
        assert [one[1] for one in await stage.outcomes("s-2")] == ["delivered"]
        await until(stage.worker.ready)
        assert FIRST not in said(stage)
        assert SECOND not in said(stage)


REFUSED = [
    ("good", "wrong", "rejects the user 'worker' or its password; look at kafka.username"),
    ("old", FIRST, "certificate has expired"),
]


@pytest.mark.parametrize(("listener", "text", "why"), REFUSED, ids=[one[0] for one in REFUSED])
async def test_it_ends_with_exit_3_and_the_reason_after_a_while_of_patience(
    listener, text, why, ports, authority, password, tmp_path
):
    password.write_text(text)
    started = time.monotonic()
    given = staging(ports, authority, password, listener)
    async with staged_at(f"127.0.0.1:{ports['plain']}", tmp_path, given) as stage:
        await until(lambda: "broker_refuses" in stage.worker.page("/readyz")[1])
        assert stage.worker.page("/livez")[0] == 200
        assert await asyncio.to_thread(stage.worker.process.wait, 30) == 3
        assert time.monotonic() - started > 3
        last = said(stage).splitlines()[-1]
        assert last.startswith(f"cordial-streams: 127.0.0.1:{ports[listener]} ")
        assert why in last
        assert text not in said(stage) or text == "wrong"
        checked = await stage.run("check")
        assert checked.returncode == 3
        assert why in checked.stderr


async def test_a_password_that_is_put_right_within_the_patience_is_taken(
    ports, authority, password, tmp_path
):
    password.write_text("not yet")
    given = staging(ports, authority, password)
    async with staged_at(f"127.0.0.1:{ports['plain']}", tmp_path, given) as stage:
        await until(lambda: "broker_refuses" in stage.worker.page("/readyz")[1])
        password.write_text(FIRST)
        await until(stage.worker.ready)


def denied(ports, topic, operation, *, on=True):
    """Take a right to a topic away from the worker, or give it back."""
    admin = AdminClient({"bootstrap.servers": f"127.0.0.1:{ports['plain']}"})
    what = (ResourceType.TOPIC, topic, ResourcePatternType.LITERAL, "User:worker", "*", operation)
    if on:
        asked = admin.create_acls([AclBinding(*what, AclPermissionType.DENY)])
    else:
        asked = admin.delete_acls([AclBindingFilter(*what, AclPermissionType.DENY)])
    for done in asked.values():
        done.result(30)


RIGHTS = [("customer.events", AclOperation.READ), ("cordial.receipts", AclOperation.WRITE)]


@pytest.mark.parametrize(("topic", "operation"), RIGHTS, ids=[one[0] for one in RIGHTS])
async def test_a_right_that_is_taken_away_loses_nothing(
    topic, operation, ports, authority, password, tmp_path
):
    given = staging(ports, authority, password)
    who = {"traits": {"email": "ana@shop.example"}}
    async with staged_at(f"127.0.0.1:{ports['plain']}", tmp_path, given) as stage:
        await until(stage.worker.ready)
        await asyncio.to_thread(denied, ports, topic, operation)
        await stage.publish(event(event="Seen", messageId=f"r-{topic}", context=who))
        try:
            code = await asyncio.to_thread(stage.worker.process.wait, 60)
        finally:
            await asyncio.to_thread(denied, ports, topic, operation, on=False)
        assert code == 4
        assert "AuthorizationFailedError" in said(stage)
        stage.start()
        assert [one[1] for one in await stage.outcomes(f"r-{topic}")] == ["delivered"]
