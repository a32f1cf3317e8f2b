"""This release over what a later one wrote: it refuses, or says what it left out."""

import asyncio
from dataclasses import replace

import pytest
from aiokafka import AIOKafkaProducer

from streams.core.command import Command, Position
from streams.core.decisions import Seen
from streams.core.outcome import CommandOutcome
from streams.kafka import shapes
from tests.chaos.later import encoded, later_folder

pytestmark = pytest.mark.kafka


async def put(scene, topic, value, key=b"u-1"):
    async with AIOKafkaProducer(bootstrap_servers=scene.kafka.bootstrap) as producer:
        await producer.send_and_wait(topic, value, key, partition=0)


async def test_a_table_that_a_later_release_wrote_is_refused(scene, tmp_path_factory):
    await scene.told(range(1))
    changelog = f"{scene.group}-seen-changelog"
    row = Seen(Position(0, scene.bus, 0, 7), 1, CommandOutcome.DELIVERED)
    later = encoded("seen", shapes.seen_record(row), later_folder(tmp_path_factory.mktemp("later")))
    await put(scene, changelog, later, b"a key")
    await scene.order(1)
    scene.begin()
    code, said = await scene.ended()
    assert code == 5
    assert f"{changelog}: it has rows of schema" in said
    assert "a later one has run here" in said
    assert await scene.orders() == ["o-0"]
    await put(scene, changelog, None, b"a key")
    await scene.start()
    await scene.settled()
    assert await scene.orders() == ["o-0", "o-1"]


async def test_what_a_later_release_left_on_our_topics_is_not_passed_over(scene, tmp_path_factory):
    folder = later_folder(tmp_path_factory.mktemp("later"))
    await scene.start()
    await scene.publish(b"garbage")
    command = Command("upsertOrder", "u-1", "m-9", 1, {"orderID": "o-9"})
    value = encoded("command", shapes.command_record(command), folder)
    await put(scene, f"{scene.name}.upsertOrder", value)
    await scene.order(1)
    await scene.settled()
    assert await scene.orders() == ["o-1"]
    letters = {one.reason: one for one in await scene.letters()}
    assert set(letters) == {"undecodable", "unknown_schema"}
    assert letters["unknown_schema"].value == value
    letter = replace(letters["undecodable"], id="of-later")
    await put(
        scene,
        f"{scene.name}.dead-letters",
        encoded("dead_letter", shapes.dead_letter_record(letter), folder),
    )
    listed = await scene.run("dead-letters", "list")
    assert listed.returncode == 0, listed.stderr
    assert (
        f"1 of the records of {scene.name}.dead-letters are none that this release" in listed.stderr
    )
    assert await asyncio.to_thread(scene.workers[-1].stop) == 0
