"""The users of k8s/strimzi have the rights that the code needs and no more; and what a worker
writes is what docs/asyncapi.yaml says.

The broker lets nobody do anything without a right, and its log has every asking.
"""

import asyncio
import os
import re
import subprocess
import sys
from collections import defaultdict

import pytest
import yaml
from aiokafka import AIOKafkaConsumer
from aiokafka import TopicPartition as Place
from confluent_kafka import ConsumerGroupTopicPartitions, TopicPartition
from confluent_kafka.admin import (
    AclBinding,
    AclOperation,
    AclPermissionType,
    AdminClient,
    ResourcePatternType,
    ResourceType,
)

from streams.demo.ports import free_port
from streams.kafka.framing import frame
from streams.kafka.names import migrations_topic
from streams.kafka.schemas import own_schemas
from streams.plan import instance_names, parse_plan
from streams.settings import KafkaSettings, Settings
from tests.broker.clients import make_topics, read_all
from tests.broker.kafka import RealKafka
from tests.worker.harness import PARTITIONS, Staging, event, staged_at, until
from tools.flows import flows
from tools.messages import Kind, kinds_of
from tools.topics import manifests

pytestmark = pytest.mark.kafka

PLAN = """
sources:
  - {topic: customer.events, keyed_by_user: false}
identity: {anonymous: hold}
"""
LISTENERS = """
listeners=PLAINTEXT://127.0.0.1:{plain},CONTROLLER://127.0.0.1:{controller},\
USERS://127.0.0.1:{users}
advertised.listeners=PLAINTEXT://127.0.0.1:{plain},USERS://127.0.0.1:{users}
controller.quorum.voters=1@127.0.0.1:{controller}
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,USERS:SASL_PLAINTEXT
sasl.enabled.mechanisms=SCRAM-SHA-512
listener.name.users.scram-sha-512.sasl.jaas.config=\
org.apache.kafka.common.security.scram.ScramLoginModule required;
authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer
super.users=User:ANONYMOUS
"""
TOLD = "-Dorg.slf4j.simpleLogger.log.kafka.authorizer.logger=debug"
ASKED = re.compile(
    r"Principal = User:(\S+) is (Allowed|Denied) operation = (\w+) from host = \S+ "
    r"on resource = (\w+):LITERAL:(\S+) for request = (\w+)"
)
WORDS = {
    "Create": AclOperation.CREATE,
    "Delete": AclOperation.DELETE,
    "Read": AclOperation.READ,
    "Write": AclOperation.WRITE,
    "Describe": AclOperation.DESCRIBE,
    "DescribeConfigs": AclOperation.DESCRIBE_CONFIGS,
}
WORKER, PEOPLE, SCALER = "cordial-streams", "cordial-streams-people", "cordial-streams-scaler"
SETTINGS = Settings(kafka=KafkaSettings())
PARSED = parse_plan(PLAN)
FLOWS = {one.name: one for one in flows(SETTINGS, PARSED.sources, instance_names(PARSED), 1)}
WHO = {"traits": {"email": "ana@shop.example"}}
ORDER = {
    "order_id": "o-1",
    "total": 12.5,
    "currency": "USD",
    "products": [{"product_id": "p-1", "sku": "p-1", "name": "Pan", "price": 12.5, "quantity": 1}],
}


@pytest.fixture(scope="module")
def users():
    """The KafkaUsers of this plan by name."""
    written = manifests(SETTINGS, PARSED, PARTITIONS)["users.yaml"]
    return {one["metadata"]["name"]: one for one in yaml.safe_load_all(written) if one}


@pytest.fixture(scope="module")
def broker(parts, users, tmp_path_factory):
    """A broker that knows the users, with the topics of the plan."""
    ports = {name: free_port() for name in ("plain", "controller", "users")}
    scram = [
        word
        for name in users
        for word in ("--add-scram", f"SCRAM-SHA-512=[name={name},password={name}-secret]")
    ]
    before = os.environ.get("JAVA_TOOL_OPTIONS")
    os.environ["JAVA_TOOL_OPTIONS"] = TOLD
    try:
        directory = tmp_path_factory.mktemp("rights")
        kafka = RealKafka(directory, ports["plain"], LISTENERS.format(**ports), tuple(scram))
        with kafka:
            made_topics(kafka.bootstrap, directory)
            granted(kafka.bootstrap, users.values())
            yield kafka, f"127.0.0.1:{ports['users']}"
    finally:
        os.environ.pop("JAVA_TOOL_OPTIONS")
        if before is not None:
            os.environ["JAVA_TOOL_OPTIONS"] = before


def made_topics(bootstrap, directory):
    plan = directory / "plan.yaml"
    plan.write_text(PLAN)
    environment = {**os.environ, "CORDIAL_STREAMS_KAFKA__BOOTSTRAP": bootstrap}
    words = ["topics", "apply", "--with-sources", "--partitions", str(PARTITIONS)]
    command = [sys.executable, "-m", "streams.cli", *words, "--plan", str(plan)]
    subprocess.run(command, env=environment, check=True, capture_output=True)
    asyncio.run(make_topics(bootstrap, {migrations_topic(SETTINGS): 1}))


def granted(bootstrap, users):
    """Give the rights, as the operator would."""
    kinds = {"topic": ResourceType.TOPIC, "group": ResourceType.GROUP}
    wanted = [
        AclBinding(
            kinds[one["resource"]["type"]],
            one["resource"]["name"],
            ResourcePatternType.LITERAL,
            f"User:{user['metadata']['name']}",
            "*",
            WORDS[operation],
            AclPermissionType.ALLOW,
        )
        for user in users
        for one in user["spec"]["authorization"]["acls"]
        for operation in one["operations"]
    ]
    admin = AdminClient({"bootstrap.servers": bootstrap})
    for done in admin.create_acls(wanted).values():
        done.result(30)


def as_user(address, name):
    return {
        "KAFKA__BOOTSTRAP": address,
        "KAFKA__SECURITY": "SASL_PLAINTEXT",
        "KAFKA__USERNAME": name,
        "KAFKA__PASSWORD": f"{name}-secret",
    }


async def people(stage, address, *words):
    """A command of the program, run with the user of people."""
    ours = {f"CORDIAL_STREAMS_{key}": value for key, value in as_user(address, PEOPLE).items()}
    command = [sys.executable, "-m", "streams.cli", *words]
    return await asyncio.to_thread(
        subprocess.run, command, env={**stage.environment, **ours}, capture_output=True, text=True
    )


async def test_the_rights_are_enough_and_none_is_too_many(broker, users, tmp_path):
    kafka, address = broker
    staging = Staging(plan=PLAN, settings=as_user(address, WORKER))
    async with staged_at(kafka.bootstrap, tmp_path, staging) as stage:
        await until(stage.worker.ready)
        await a_day(stage)
        assert await asyncio.to_thread(stage.worker.stop) == 0
        stage.start()  # which reads its tables
        await until(stage.worker.ready)
        await of_people(stage, address)
        await until(lambda: stage.worker.count("lag_events") == 0)
    await of_a_scaler(address)
    asked = askings(kafka)
    assert {one for who in users for one in asked[who, "Denied"]} == set()
    for name in (WORKER, PEOPLE):
        assert by_kind(asked[name, "Allowed"]) == by_kind(rights(users[name])), name
    for topic, flow in FLOWS.items():
        await conforms(kafka.bootstrap, topic, kinds_of(flow))


async def a_day(stage):
    """Events of every way through the worker."""
    visit = {"event": "Seen", "userId": None, "anonymousId": "a-1"}
    await stage.publish(event(messageId="m-1", **visit), "a-1")
    assert [one[1:] for one in await stage.outcomes("m-1")] == [("suppressed", "held")]
    login = event(type="identify", messageId="m-2", anonymousId="a-1", traits=WHO["traits"])
    await stage.publish(login, partition=1)
    await stage.outcomes("m-1", 2)
    bought = event(event="Order Completed", messageId="m-3", properties=ORDER, context=WHO)
    await stage.publish(bought)
    await stage.outcomes("m-3", 2)
    await stage.publish(event(type="group", groupId="g", messageId="m-4", traits={"name": "VIP"}))
    await stage.outcomes("m-4")
    await stage.publish(b"no event")
    await until(lambda: len(stage.letters()) == 1)


async def of_people(stage, address):
    """What people ask, as they would."""
    plan = ("--plan", str(stage.directory / "plan.yaml"))
    for words in (
        ("check", *plan, "--allow-endpoint"),
        ("topics", "check", *plan),
        ("preview", "--topic", "customer.events", "--tables", *plan),
        ("dead-letters", "list", *plan),
        ("consent", "show", "--contact", "u-1"),
        ("identity", "report", *plan),
        ("topics", "migrate", "--partitions", "4", "--dry-run", *plan),
        ("dead-letters", "replay", *plan),
    ):
        ran = await people(stage, address, *words)
        assert ran.returncode == 0, (words, ran.stdout, ran.stderr)
    await until(lambda: len(stage.letters()) == 2)


async def of_a_scaler(address):
    """It sees where the group is and where the topic ends, and reads nothing."""
    given = {
        "security_protocol": "SASL_PLAINTEXT",
        "sasl_mechanism": "SCRAM-SHA-512",
        "sasl_plain_username": SCALER,
        "sasl_plain_password": f"{SCALER}-secret",
    }
    sasl = {
        "security.protocol": "SASL_PLAINTEXT",
        "sasl.mechanism": "SCRAM-SHA-512",
        "sasl.username": SCALER,
        "sasl.password": f"{SCALER}-secret",
    }
    admin = AdminClient({"bootstrap.servers": address, **sasl})
    keyed = "cordial.keyed"
    wanted = ConsumerGroupTopicPartitions(WORKER, [TopicPartition(keyed, 0)])
    told = admin.list_consumer_group_offsets([wanted])[WORKER].result(30)
    assert [one.error for one in told.topic_partitions] == [None]
    consumer = AIOKafkaConsumer(bootstrap_servers=address, **given)
    await consumer.start()
    try:
        place = Place(keyed, 0)
        assert (await consumer.end_offsets([place]))[place] > 0
    finally:
        await consumer.stop()


def askings(kafka):
    """What each user asked the broker for, by user and answer: kind, name and operation."""
    found = defaultdict(set)
    log = (kafka.directory / "kafka.log").read_text(errors="replace")
    for who, answer, operation, kind, name, request in ASKED.findall(log):
        found[who, answer].add((kind.lower(), name, operation.replace("_", ""), request))
    return found


def rights(user):
    return {
        (one["resource"]["type"], one["resource"]["name"], operation.upper(), "")
        for one in user["spec"]["authorization"]["acls"]
        for operation in one["operations"]
    }


def by_kind(found):
    """Operations by what the topic is for; to see is part of to read and of to write."""
    kinds = defaultdict(set)
    for kind, name, operation, _ in found:
        kinds["group" if kind == "group" else FLOWS[name].kind].add(operation)
    return {
        kind: words - {"DESCRIBE"} if words & {"READ", "WRITE"} else words
        for kind, words in kinds.items()
    }


async def conforms(bootstrap, topic, kinds: tuple[Kind, ...]):
    """Every record on a topic is one that the document tells of."""
    names = {number: one.name for number, one in own_schemas().items()}
    for record in await read_all(bootstrap, topic):
        if topic == "customer.events" or record.value == b"no event":
            continue
        headers = {name for name, _ in record.headers}
        schema = None if record.value is None else names[frame(record.value, None)[0]]
        fits = [
            kind.name
            for kind in kinds
            if set(kind.always) <= headers <= {*kind.always, *kind.maybe}
            and (kind.nothing if schema is None else schema == kind.schema)
        ]
        assert fits, (topic, schema, sorted(headers))
