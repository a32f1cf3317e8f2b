"""What Kafka clients are told: protocol, TLS from files, SASL, and what is missing of it."""

import asyncio
import contextlib
import inspect
import ssl
import subprocess
from types import SimpleNamespace

import certifi
import pytest
import uvloop
from aiokafka.client import AIOKafkaClient
from aiokafka.errors import KafkaConnectionError, NodeNotReadyError
from aiokafka.protocol.metadata import MetadataRequest

from streams.kafka.changelog_reader import ChangelogReader
from streams.kafka.connection import ConnectionSettingsError, client_options, outlast
from streams.kafka.embedded import EmbeddedBroker
from streams.settings import KafkaSettings


def test_servers_are_separated_by_commas():
    options = client_options(KafkaSettings(bootstrap="one:9092, two:9092"))
    assert options == {
        "bootstrap_servers": ["one:9092", "two:9092"],
        "security_protocol": "PLAINTEXT",
    }


@pytest.mark.parametrize("security", ["SSL", "SASL_SSL"])
def test_tls_trusts_the_authorities_of_the_file_and_checks_the_host(security):
    settings = KafkaSettings(security=security, ca_file=certifi.where(), username="u", password="p")
    context = client_options(settings)["ssl_context"]
    assert context.check_hostname
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.cert_store_stats()["x509_ca"] > 0
    assert client_options(settings)["ssl_context"] is context


@pytest.mark.parametrize("security", ["SASL_PLAINTEXT", "SASL_SSL"])
@pytest.mark.parametrize("mechanism", ["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"])
def test_sasl_takes_mechanism_user_and_password(security, mechanism):
    settings = KafkaSettings(
        security=security, sasl_mechanism=mechanism, username="worker", password="secret"
    )
    options = client_options(settings)
    assert options["sasl_mechanism"] == mechanism
    assert options["sasl_plain_username"] == "worker"
    assert options["sasl_plain_password"] == "secret"
    assert ("ssl_context" in options) == (security == "SASL_SSL")


def test_sasl_without_a_password_says_what_to_set():
    settings = KafkaSettings(security="SASL_PLAINTEXT", username="worker")
    with pytest.raises(ConnectionSettingsError, match=r"kafka\.username and kafka\.password"):
        client_options(settings)


@pytest.mark.parametrize("name", ["ca_file", "cert_file"])
def test_a_missing_file_is_named_with_its_setting(name, tmp_path):
    settings = KafkaSettings(**{"security": "SSL", name: tmp_path / "gone.pem"})
    with pytest.raises(ConnectionSettingsError, match=rf"kafka\.{name}: .*gone\.pem cannot be"):
        client_options(settings)


@pytest.mark.parametrize("name", ["ca_file", "cert_file"])
def test_a_file_that_is_no_pem_is_named_with_its_setting(name, tmp_path):
    garbage = tmp_path / "garbage.pem"
    garbage.write_text("no certificate")
    settings = KafkaSettings(**{"security": "SSL", name: garbage})
    with pytest.raises(ConnectionSettingsError, match=rf"kafka\.{name}: .*not a PEM file"):
        client_options(settings)


def test_a_key_needs_its_certificate(tmp_path):
    settings = KafkaSettings(security="SSL", key_file=tmp_path / "key.pem")
    with pytest.raises(ConnectionSettingsError, match=r"kafka\.cert_file is not"):
        client_options(settings)


@pytest.fixture(scope="module")
def pair(tmp_path_factory):
    """Makes a certificate with its key, of a name, in one directory."""
    directory = tmp_path_factory.mktemp("tls")

    def made(name):
        key, cert = directory / f"{name}.key", directory / f"{name}.pem"
        words = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
        words += ["-nodes", "-days", "2"]
        words += ["-subj", f"/CN={name}", "-keyout", str(key), "-out", str(cert)]
        subprocess.run(["openssl", *words], check=True, capture_output=True)
        return cert.read_bytes(), key.read_bytes()

    return made


def shown(context, trusting):
    """The certificate that a client of `context` shows to a server, without a socket."""
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(trusting[0])
    server.verify_mode = ssl.CERT_REQUIRED
    server.load_verify_locations(cadata=b"\n".join(trusting[1]).decode())
    up, down = ssl.MemoryBIO(), ssl.MemoryBIO()
    ours = context.wrap_bio(down, up, server_hostname=None)
    theirs = server.wrap_bio(up, down, server_side=True)
    for _ in range(6):
        for side in (ours, theirs):
            with contextlib.suppress(ssl.SSLWantReadError):
                side.do_handshake()
    return dict(one[0] for one in theirs.getpeercert()["subject"])["commonName"]


def test_the_next_handshake_has_the_certificate_that_was_put_in_its_place(pair, tmp_path):
    cert, key, broker = (tmp_path / name for name in ("cert.pem", "key.pem", "broker.pem"))
    pairs = {name: pair(name) for name in ("first", "second")}
    broker.write_bytes(b"".join(pair("broker")))
    trusting = (broker, [one[0] for one in pairs.values()])
    cert.write_bytes(pairs["first"][0])
    key.write_bytes(pairs["first"][1])
    settings = KafkaSettings(security="SSL", ca_file=broker, cert_file=cert, key_file=key)
    context = client_options(settings)["ssl_context"]
    context.check_hostname = False
    assert shown(context, trusting) == "first"
    cert.write_bytes(pairs["second"][0])
    key.write_bytes(b"half of")
    assert shown(context, trusting) == "first"
    key.write_bytes(pairs["second"][1])
    assert shown(context, trusting) == "second"


class Client:
    """As much of aiokafka's client as is asked."""

    _sasl_plain_password = "first"

    async def _get_conn(self, node):
        return SimpleNamespace(send=None, asked=(node, self._sasl_plain_password))


async def test_the_next_connection_has_the_password_that_was_put_in_its_place(tmp_path):
    file = tmp_path / "password"
    settings = KafkaSettings(password_file=file)
    client = Client()
    outlast(client, settings)
    for text, wanted in ((None, "first"), ("second", "second"), ("", "second"), ("third", "third")):
        if text is not None:
            file.write_text(text)
        assert (await client._get_conn(1)).asked == (1, wanted)


def test_aiokafka_connects_as_it_is_taken():
    """`tests/broker/test_connection.py` does it with a broker."""
    source = inspect.getsource(AIOKafkaClient._get_conn)
    assert "sasl_plain_password=self._sasl_plain_password" in source


def test_a_password_file_that_is_gone_is_named(tmp_path):
    gone = KafkaSettings(security="SASL_SSL", username="u", password_file=tmp_path / "gone")
    with pytest.raises(ConnectionSettingsError, match=r"kafka\.password_file: .*gone cannot be"):
        client_options(gone)


async def lost_between_look_and_write(client):
    [node] = [broker.nodeId for broker in client.cluster.brokers()]
    look = client.ready

    async def lost(*asked, **said):
        assert await look(*asked, **said)
        for connection in client._conns.values():
            connection._writer.transport.abort()
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        return True

    async def away(*_, **__):
        return False

    for ready, error in ((lost, KafkaConnectionError), (away, NodeNotReadyError)):
        client.ready = ready
        with pytest.raises(error):
            await client.send(node, MetadataRequest([]))
    client.ready = look
    assert (await client.send(node, MetadataRequest([]))).topics == []


async def by_a_client(settings):
    client = AIOKafkaClient(bootstrap_servers=settings.bootstrap)
    outlast(client, settings)
    await client.bootstrap()
    await lost_between_look_and_write(client)
    await client.close()


async def while_tables_recover(settings):
    async with ChangelogReader(settings) as reader:
        await lost_between_look_and_write(reader._consumer._client)


@pytest.mark.parametrize("runs", [asyncio.run, uvloop.run], ids=["asyncio", "uvloop"])
@pytest.mark.parametrize("losing", [by_a_client, while_tables_recover])
def test_a_connection_that_is_lost_between_look_and_write_is_one_that_is_lost(runs, losing):
    with EmbeddedBroker() as broker:
        runs(losing(KafkaSettings(bootstrap=broker.bootstrap)))


async def lost_before_metadata(bootstrap):
    client = AIOKafkaClient(bootstrap_servers=bootstrap)
    outlast(client, KafkaSettings(bootstrap=bootstrap))
    await client.bootstrap()
    connect = client._get_conn

    async def lost(*asked, **said):
        connection = await connect(*asked, **said)
        connection._writer.transport.abort()
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        return connection

    client._get_conn = lost
    assert not await client.force_metadata_update()
    client._get_conn = connect
    assert await client.force_metadata_update()
    await client.close()


@pytest.mark.parametrize("runs", [asyncio.run, uvloop.run], ids=["asyncio", "uvloop"])
def test_metadata_is_asked_for_again_after_such_a_loss(runs):
    with EmbeddedBroker() as broker:
        runs(asyncio.wait_for(lost_before_metadata(broker.bootstrap), 20))
