"""What a worker writes: JSON, a line per outcome, and no flood, whoever writes it."""

import asyncio
import json
import os
import re
from collections import Counter
from contextlib import ExitStack

import pytest

from streams.demo.ports import free_port
from streams.kafka.embedded import EmbeddedBroker
from streams.logs.repeats import SAME_LINES
from tests.worker.flooding import LINES, LOGGERS
from tests.worker.harness import SETTINGS, Staging, event, staged, topics_of, until
from tests.worker.parts import Worker

pytestmark = pytest.mark.embedded
ACTIVITY, ORDERS = "createContactactivities", "upsertOrder"
TRACE = "0af7651916cd43dd8448eb211c80319c"


def lines(directory):
    """Every line; what is no JSON, or of another form, fails the test."""
    found = [json.loads(line) for line in (directory / "worker.log").read_text().splitlines()]
    assert all({"event", "level", "logger", "timestamp"} <= set(line) for line in found)
    return found


def outcomes(directory):
    return [line for line in lines(directory) if "outcome" in line]


async def test_every_dead_letter_has_a_line_and_with_a_share_of_one_every_outcome(tmp_path):
    share = Staging(partitions=1, settings={"LOG__SHARE": "1"})
    async with staged(tmp_path, share) as stage:
        carried = {"traceparent": f"00-{TRACE}-b7ad6b7169203331-01".encode()}
        offset = await stage.publish(event(event="Seen", messageId="m-1"), headers=carried)
        await stage.outcomes("m-1")
        await stage.publish(event(event="Order Completed", messageId="m-2"), "u-2")
        await stage.outcomes("m-2", 2)
        assert stage.worker.stop() == 0
    seen, *others = outcomes(tmp_path)
    assert seen.pop("duration_ms") >= 0
    assert re.fullmatch("[0-9a-f]{8}", seen.pop("contact"))
    assert {name: seen[name] for name in seen if name not in ("timestamp", "logger")} == {
        "event": "outcome",
        "level": "info",
        "action": ACTIVITY,
        "outcome": "delivered",
        "status": 202,
        "topic": "customer.events",
        "partition": 0,
        "offset": offset,
        "trace_id": TRACE,
        "attempts": 1,
        "sampled": True,
    }
    told = {(line["action"], line["outcome"], line.get("reason")) for line in others}
    assert (ORDERS, "dead_lettered", "missing") in told
    assert len(told) == 2


async def test_with_a_share_of_none_only_what_died_has_one(tmp_path):
    async with staged(tmp_path, Staging(partitions=1, settings={"LOG__SHARE": "0"})) as stage:
        await stage.publish(event(event="Seen", messageId="m-1"))
        await stage.publish(b"\x07", "u-3")
        await stage.outcomes("m-1")
        await until(stage.letters)
        assert stage.worker.stop() == 0
    [died] = outcomes(tmp_path)
    assert (died["event"], died["level"]) == ("event dead-lettered: undecodable", "warning")


async def test_lines_of_libraries_are_of_the_same_form_and_no_flood(tmp_path):
    async with staged(tmp_path, Staging(partitions=1, program="tests.worker.flooding")) as stage:
        await until(lambda: _text(tmp_path).count('"event":"flood') == len(LOGGERS) * SAME_LINES)
        await asyncio.sleep(0.5)
        assert stage.worker.stop() == 0
    found = [line for line in lines(tmp_path) if "flood" in line["event"]]
    shown = Counter(line["logger"] for line in found if "repeated" not in line)
    assert shown == dict.fromkeys(LOGGERS, SAME_LINES)
    hidden = {line["logger"]: line["repeated"] for line in found if "repeated" in line}
    assert hidden == dict.fromkeys(LOGGERS, LINES - SAME_LINES)


async def test_lines_of_a_broker_that_is_gone_are_of_the_same_form(tmp_path):
    ours = {
        "CORDIAL__ENDPOINT": f"http://127.0.0.1:{free_port()}",
        "DATA_DIR": str(tmp_path),
        **SETTINGS,
    }
    with ExitStack() as stack:
        broker = stack.enter_context(EmbeddedBroker(topics_of(Staging())))
        ours["KAFKA__BOOTSTRAP"] = broker.bootstrap
        environment = {**os.environ, **{f"CORDIAL_STREAMS_{key}": ours[key] for key in ours}}
        worker = Worker(["streams.cli", "worker"], environment, tmp_path / "worker.log")
        stack.callback(worker.end)
        await until(worker.ready)
        broker.__exit__(None, None, None)
        await until(lambda: _text(tmp_path).count('"logger":"aiokafka') >= SAME_LINES)
        await asyncio.to_thread(worker.end)
    assert "aiokafka" in {line["logger"].split(".")[0] for line in lines(tmp_path)}


def _text(directory):
    return (directory / "worker.log").read_text()
