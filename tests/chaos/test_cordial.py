"""Cordial is hung, limited, slow, cut off, or sends elsewhere."""

import asyncio
import time
from contextlib import asynccontextmanager

import pytest

from tests.chaos.proxy import Proxy
from tests.worker.harness import until

pytestmark = pytest.mark.kafka
ACCEPTED = b"HTTP/1.1 202 Accepted\r\ncontent-type: application/json\r\n"


async def test_a_stop_ends_in_its_time_though_cordial_never_answers(scene):
    worker = await scene.start()
    scene.faults.change({"latency": 15})
    for number in range(3):
        await scene.order(number, f"u-{number}")
    await until(lambda: worker.count("in_flight") == 3)
    asked = time.monotonic()
    assert await asyncio.to_thread(worker.stop) == 0
    assert time.monotonic() - asked < 12
    assert await scene.open() > 0
    scene.faults.change({"latency": 0})
    await scene.start()
    await scene.settled()
    await scene.once(range(3))


async def test_a_second_sigterm_changes_nothing(scene):
    worker = await scene.start()
    scene.faults.change({"latency": 1.5})
    for number in range(3):
        await scene.order(number, f"u-{number}")
    await until(lambda: worker.count("in_flight") == 3)
    worker.process.terminate()
    await asyncio.sleep(0.3)
    assert await asyncio.to_thread(worker.stop) == 0
    assert await scene.orders() == ["o-0", "o-1", "o-2"]
    scene.faults.change({"latency": 0})
    await scene.start()
    await scene.settled()
    await scene.once(range(3))


async def test_a_storm_of_refusals_is_waited_out(scene):
    """The sandbox answers 429 with Retry-After 1 beyond five requests a second and endpoint."""
    scene.faults.change({"rate": 5, "latency": 0.3})
    scene.load(1_000, 150)
    await asyncio.to_thread(scene.publisher.join)
    await scene.start()
    await scene.verified()
    refused = {}
    for line in await scene.journal():
        since = line["time"] - refused.get(line["path"], 0)
        assert not 0.4 < since < 1, "it left after the refusal, and before its time"
        if line["status"] == 429:
            refused[line["path"]] = line["time"]
    assert refused
    assert not [one for one in await scene.letters() if one.reason == "exhausted"]


async def test_an_order_whose_answer_was_cut_is_sent_again_and_named(scene):
    await scene.start()
    scene.faults.change({"cut": 1.0})
    await scene.order(1)
    await until(scene_has(scene, 1))
    scene.faults.change({"cut": 0.0})
    await scene.settled()
    assert set(await scene.orders()) == {"o-1"}
    assert len(await scene.orders()) > 1
    [receipt] = await scene.receipts("m-1")
    assert (receipt.outcome, receipt.in_doubt) == ("delivered", True)


def scene_has(scene, count):
    async def has():
        return len(await scene.orders()) >= count

    return has


async def test_ten_times_slower_slows_reading_and_changes_no_group(scene):
    worker = await scene.start(DELIVERY__IN_FLIGHT="4", WINDOW__COMMANDS="20")
    before = worker.count("rebalances_total")
    scene.faults.change({"latency": 0.5})
    scene.load(200, 300)
    await scene.reached(40)
    most = 0.0
    for _ in range(10):
        most = max(most, worker.count("window_commands"))
        await asyncio.sleep(0.3)
    assert 0 < most <= 4 * (20 + 6), "an event's commands may go beyond the bound"
    scene.faults.change({"latency": 0.02})
    await scene.verified()
    assert worker.count("rebalances_total") == before


async def test_a_way_that_is_reset_and_refused_doubles_no_order_in_silence(scene):
    host, port = scene.cordial.removeprefix("http://").split(":")
    scene.faults.change({"latency": 0.1})
    async with Proxy((host, int(port))) as proxy:
        await scene.start(CORDIAL__ENDPOINT=proxy.url)
        scene.load()
        for _ in range(5):
            await asyncio.sleep(1)
            proxy.reset()
            proxy.refusing = not proxy.refusing
        proxy.refusing = False
        await scene.verified()


@asynccontextmanager
async def serving(answer):
    """A Cordial that answers so; gives its URL and the requests."""
    heads = []

    async def connected(reader, writer):
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                heads.append(head)
                length = head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0]
                await reader.readexactly(int(length or 0))
                await answer(writer)
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(connected, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", heads
    finally:
        server.close()


async def drips(writer):
    writer.write(ACCEPTED + b"content-length: 1000\r\n\r\n")
    while True:
        await asyncio.sleep(0.3)
        writer.write(b"x")
        await writer.drain()


async def floods(writer):
    writer.write(ACCEPTED + b"transfer-encoding: chunked\r\n\r\n")
    while True:
        writer.write(b"10000\r\n" + b"x" * 0x10000 + b"\r\n")
        await writer.drain()


@pytest.mark.parametrize(("answer", "tries", "later"), [(drips, 3, ["o-1"]), (floods, 1, [])])
async def test_an_answer_without_an_end_costs_a_deadline_and_no_memory(scene, answer, tries, later):
    """Of a flood the status is known: it was accepted."""
    async with serving(answer) as (url, heads):
        worker = await scene.start(CORDIAL__ENDPOINT=url)
        small = memory(worker)
        await scene.order(1)
        await until(lambda: sum(b"upsertOrder" in head for head in heads) >= tries)
        await asyncio.sleep(3)
        assert memory(worker) - small < 30_000
        assert worker.page("/livez")[0] == 200
        assert await asyncio.to_thread(worker.stop) == 0
    await scene.start()
    await scene.settled()
    assert await scene.orders() == later


def memory(worker):
    """KiB that the process has."""
    with open(f"/proc/{worker.process.pid}/status") as lines:
        return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS"))


async def test_a_redirect_is_followed_nowhere_and_holds_delivery(scene):
    async with serving(drips) as (elsewhere, strangers):

        async def redirects(writer):
            writer.write(b"HTTP/1.1 307 Temporary Redirect\r\ncontent-length: 0\r\n")
            writer.write(f"location: {elsewhere}/api/upsertOrder\r\n\r\n".encode())
            await writer.drain()

        async with serving(redirects) as (url, heads):
            worker = scene.begin(CORDIAL__ENDPOINT=url)
            await scene.order(1)
            await until(lambda: "key_rejected" in worker.page("/readyz")[1])
            assert heads
            assert await asyncio.to_thread(worker.stop) == 0
    assert not strangers
    await scene.start()
    await scene.settled()
    assert await scene.orders() == ["o-1"]
