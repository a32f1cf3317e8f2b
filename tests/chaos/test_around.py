"""What surrounds the worker: its tables and dead letters, its pages, its disk, its clock."""

import asyncio
import socket
import time
from pathlib import Path

import pytest
from aiokafka import AIOKafkaProducer
from confluent_kafka import OFFSET_END, TopicPartition
from confluent_kafka.admin import AlterConfigOpType, ConfigEntry, ConfigResource, NewTopic

from tests.chaos.scene import done
from tests.worker.harness import until

pytestmark = pytest.mark.kafka
LISTENING = "0A"


async def change(admin, topic, name, value):
    entry = ConfigEntry(name, value, incremental_operation=AlterConfigOpType.SET)
    resource = ConfigResource("TOPIC", topic, incremental_configs=[entry])
    await done(admin.incremental_alter_configs([resource]))


async def test_an_emptied_changelog_is_refused(scene, admin):
    await scene.told(range(3))
    changelog = f"{scene.group}-orders-changelog"
    await change(admin, changelog, "cleanup.policy", "compact,delete")
    await done(admin.delete_records([TopicPartition(changelog, 0, OFFSET_END)]))
    await change(admin, changelog, "cleanup.policy", "compact")
    scene.begin()
    code, said = await scene.ended()
    assert code == 5
    assert f"{changelog}: rows were deleted from it" in said
    assert await scene.orders() == ["o-0", "o-1", "o-2"]


async def test_without_the_topic_of_dead_letters_nothing_is_committed(scene, admin):
    worker = await scene.start()
    await scene.order(0)
    await scene.settled()
    letters = f"{scene.name}.dead-letters"
    await done(admin.delete_topics([letters], operation_timeout=10))
    await scene.publish(b"garbage")
    await scene.order(1)
    await asyncio.sleep(5)
    assert (await scene.committed())[scene.bus, 0] == 1
    await done(admin.create_topics([NewTopic(letters, 4, 1)]))
    await until(lambda: worker.process.poll() is not None or worker.ready())
    if worker.process.poll() is not None:
        await scene.start()
    await scene.settled()
    assert [one.reason for one in await scene.letters()] == ["undecodable"]
    await scene.once(range(2))


async def test_a_letter_that_its_topic_refuses_is_kept_without_its_bytes(scene, admin):
    letters = f"{scene.name}.dead-letters"
    await change(admin, letters, "max.message.bytes", "20000")
    await scene.start()
    await scene.publish(b"\x07" * 100_000)
    await scene.order(1)
    await scene.settled()
    [letter] = await scene.letters()
    assert (letter.reason, letter.value) == ("undecodable", None)
    assert await scene.orders() == ["o-1"]


async def test_only_the_page_listens_and_only_on_loopback(scene):
    worker = await scene.start()
    await scene.order(1)
    await scene.settled()
    assert listeners(worker.process.pid) == {("0100007F", worker.port)}


def listeners(pid):
    """Where a process listens: address as the kernel writes it, and port."""
    inodes = set()
    for one in Path(f"/proc/{pid}/fd").iterdir():
        inodes.add(str(one.readlink()).removeprefix("socket:[").removesuffix("]"))
    found = set()
    for table in ("tcp", "tcp6", "udp", "udp6"):
        for line in Path(f"/proc/{pid}/net/{table}").read_text().splitlines()[1:]:
            _, here, _, state, *rest = line.split()
            if rest[5] in inodes and (state == LISTENING or "udp" in table):
                address, _, port = here.partition(":")
                found.add((address, int(port, 16)))
    return found


async def test_who_asks_for_metrics_and_never_reads_delays_nothing(scene):
    worker = await scene.start()
    asking = []
    for _ in range(50):
        one = socket.create_connection(("127.0.0.1", worker.port))
        one.sendall(b"GET /metrics HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n" * 20)
        asking.append(one)
    began = time.monotonic()
    for number in range(5):
        await scene.order(number, f"u-{number}")
    await scene.settled(20)
    assert time.monotonic() - began < 20
    assert len(await scene.orders()) == 5
    assert await asyncio.to_thread(worker.stop) == 0
    for one in asking:
        one.close()


async def test_a_data_directory_that_cannot_be_written_ends_the_worker(scene):
    scene.begin(DATA_DIR="/proc/nothing/here")
    await scene.order(1)
    code, said = await scene.ended()
    assert code == 4
    assert "/proc/nothing/here" in said
    await scene.start()
    await scene.settled()
    assert await scene.orders() == ["o-1"]


@pytest.mark.parametrize("jump", ["3600", "-3600"])
async def test_a_clock_that_jumps_an_hour_changes_nothing(scene, jump, monkeypatch):
    monkeypatch.setenv("JUMP", jump)
    scene.faults.change({"latency": 0.1, "error_503": 0.2})
    worker = await scene.start("tests.chaos.jumping")
    scene.load()
    await scene.reached(150)
    await scene.verified()
    assert worker.page("/livez")[0] == 200
    assert await asyncio.to_thread(worker.stop) == 0


async def test_offsets_of_a_transaction_are_passed(scene):
    await scene.start()
    async with AIOKafkaProducer(
        bootstrap_servers=scene.kafka.bootstrap, transactional_id=scene.name
    ) as producer:
        async with producer.transaction():
            await producer.send_and_wait(scene.bus, b"garbage", partition=0)
        await producer.begin_transaction()
        await producer.send_and_wait(scene.bus, b"aborted", partition=0)
        await producer.abort_transaction()
    await scene.order(1)
    await scene.settled()
    assert await scene.orders() == ["o-1"]
    assert [one.reason for one in await scene.letters()] == ["undecodable"]
