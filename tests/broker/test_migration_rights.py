"""Users who make topics: that of `topics migrate`, as tools.topics --migration writes it, may do
what it does and no more; that of `topics apply` has the rights of people's commands and `Create`.
"""

import asyncio
import os
import sys
from collections import defaultdict

import pytest
import yaml
from aiokafka import AIOKafkaConsumer

from streams.demo.ports import free_port
from streams.exits import FAILED, OK
from streams.kafka.names import names_of
from streams.plan import instance_names, load_plan
from streams.settings import KafkaSettings, Settings
from tests.broker.clients import make_topics
from tests.broker.kafka import RealKafka
from tests.broker.layouts import TO, Left, as_it_should_be
from tests.broker.test_rights import LISTENERS, TOLD, as_user, askings, granted, rights
from tests.worker.harness import until
from tools.flows import flows, next_layout
from tools.topics import manifests, migration

pytestmark = [pytest.mark.kafka, pytest.mark.slow]

WHO, MAKER = "shop-app-migration", "maker"


@pytest.fixture
def plan(tmp_path):
    file = tmp_path / "plan.yaml"
    file.write_text("sources:\n  - topic: shop-bus\n    keyed_by_user: false\n")
    return file


@pytest.fixture
def settings():
    """Of this broker's listener that asks nobody who he is."""
    return Settings(
        prefix="shop",
        app_id="shop-app",
        kafka=KafkaSettings(bootstrap=f"127.0.0.1:{free_port()}"),
    )


@pytest.fixture
def member(settings, plan):
    """The KafkaUser."""
    written = migration(settings, load_plan(plan), "kafka", "kafka")["users.yaml"]
    [found] = [one for one in yaml.safe_load_all(written) if one]
    assert found["metadata"]["name"] == WHO
    return found


@pytest.fixture
def maker(settings, plan):
    """Whoever makes the topics where no operator does, as docs/deploying.md has it."""
    written = manifests(settings, load_plan(plan), TO)["users.yaml"]
    users = {one["metadata"]["name"]: one for one in yaml.safe_load_all(written) if one}
    found = users["shop-app-people"]
    found["metadata"]["name"] = MAKER
    for one in found["spec"]["authorization"]["acls"]:
        if one["resource"]["name"].startswith("shop") and one["resource"]["type"] == "topic":
            one["operations"].append("Create")
    return found


@pytest.fixture
def broker(parts, settings, member, maker, tmp_path, monkeypatch):
    """A broker that knows the users, and where it asks for a name."""
    monkeypatch.setenv("JAVA_TOOL_OPTIONS", TOLD)
    plain = int(settings.kafka.bootstrap.rpartition(":")[2])
    ports = {"plain": plain, "controller": free_port(), "users": free_port()}
    scram = tuple(
        word
        for name in (WHO, MAKER)
        for word in ("--add-scram", f"SCRAM-SHA-512=[name={name},password={name}-secret]")
    )
    with RealKafka(tmp_path / "kafka", plain, LISTENERS.format(**ports), scram) as kafka:
        granted(kafka.bootstrap, [member, maker])
        yield kafka, f"127.0.0.1:{ports['users']}"


async def topics(who, address, plan, *words):
    """The exit code of a command on topics, as that user."""
    ours = {"PREFIX": "shop", "APP_ID": "shop-app", **as_user(address, who)}
    environment = {f"CORDIAL_STREAMS_{key}": value for key, value in ours.items()}
    ran = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "streams.cli", "topics", *words, "--plan", str(plan)),
        env={**os.environ, **environment},
    )
    return await ran.wait()


async def test_they_are_enough_and_none_is_too_many(broker, settings, member, plan):
    kafka, address = broker
    await Left(settings, plan).make()
    names = names_of(settings)
    partitions = ("--partitions", str(TO))
    assert await topics(WHO, address, plan, "migrate", *partitions, "--dry-run") == OK
    worker = AIOKafkaConsumer(names.keyed, bootstrap_servers=kafka.bootstrap, group_id=names.app_id)
    await worker.start()
    await until(worker.assignment)
    assert await topics(WHO, address, plan, "migrate", *partitions, "--wait", "1") == FAILED
    assert await topics(WHO, address, plan, "migrate", "--abandon") == OK
    await worker.stop()
    assert await topics(WHO, address, plan, "migrate", *partitions) == OK
    await as_it_should_be(settings)
    asked = askings(kafka)
    assert asked[WHO, "Denied"] == set()
    kinds = kinds_of(settings, plan)
    assert by_kind(asked[WHO, "Allowed"], kinds) == by_kind(rights(member), kinds)


async def test_topics_are_made_with_the_rights_of_people_and_create(broker, settings, plan):
    kafka, address = broker
    await make_topics(kafka.bootstrap, {"shop-bus": TO})
    assert await topics(MAKER, address, plan, "plan") == OK
    assert await topics(MAKER, address, plan, "apply") == OK
    assert await topics(MAKER, address, plan, "check") == OK
    assert askings(kafka)[MAKER, "Denied"] == set()


def kinds_of(settings, plan):
    """What each topic of both layouts is for."""
    parsed = load_plan(plan)
    return {
        one.name: (number, one.kind)
        for number, layout in enumerate((settings, next_layout(settings)))
        for one in flows(layout, parsed.sources, instance_names(parsed), 1)
    }


def by_kind(found, kinds):
    """Operations by layout and kind; to see is part of to read and of to write."""
    by = defaultdict(set)
    for kind, name, operation, _ in found:
        by[name if kind == "group" else kinds[name]].add(operation)
    return {
        what: words - {"DESCRIBE"} if words & {"READ", "WRITE"} else words
        for what, words in by.items()
    }
