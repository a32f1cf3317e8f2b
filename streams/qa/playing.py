"""Plays a journey: produces its events, watches the receipts, and asks the sandbox, if any.

Nothing is committed, and nothing is written but the events of the journey.
"""

import asyncio
import contextlib
import json
import struct
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

from streams.core.records import Place, Receipt
from streams.kafka.codec import Codec
from streams.kafka.connection import client_options
from streams.kafka.names import names_of
from streams.kafka.reading import assign_all
from streams.qa.journey import JourneyError, Play
from streams.qa.judging import Heard, complete
from streams.settings import Settings
from streams.sources.customer_event import Invalid, from_json

SETTLE = 1.0
"""Seconds to wait for what is not expected, once all that is has come."""
ID_FRAME = struct.Struct(">bI")
CORDIAL = ("cordial.com", "cordial.io")


@dataclass(slots=True)
class Played:
    """What came of a run.

    `journal` is the sandbox's, since the run began, and `contacts` are those that it has; None:
    no sandbox.
    """

    heard: list[Heard] = field(default_factory=list)
    journal: list[dict[str, Any]] | None = None
    contacts: list[dict[str, Any]] | None = None
    took: float = 0.0


async def play(
    settings: Settings, topic: str, plays: Sequence[Play], patience: float, schema_id: int | None
) -> Played:
    """Publish the events and wait for their receipts. Raises aiokafka's errors, `JourneyError`."""
    codec, played, started, done = Codec(), Played(), time.time(), asyncio.Event()
    receipts = names_of(settings).receipts
    options = client_options(settings.kafka)
    consumer = AIOKafkaConsumer(enable_auto_commit=False, fetch_max_wait_ms=100, **options)
    producer = AIOKafkaProducer(acks="all", **options)
    try:
        await consumer.start()
        await producer.start()
        await _from_now_on(consumer, receipts)
        sent: dict[str, float] = {}
        watching = asyncio.create_task(_watch(consumer, codec, sent, plays, played, done))
        for one in plays:
            await asyncio.sleep(one.wait)
            value = _encoded(codec, one, topic, schema_id)
            sent[one.message_id] = time.time()
            key = str(one.event.get("userId") or one.event["anonymousId"])
            await producer.send_and_wait(topic, value=value, key=key.encode())
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(patience):
                await done.wait()
        await asyncio.sleep(SETTLE)
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)
    finally:
        await producer.stop()
        await consumer.stop()
    lines = await asyncio.to_thread(_sandbox, settings, "journal")
    if lines is not None:
        since = [one for one in lines if one["time"] >= started]
        played.journal = [{**one, "seconds": one["time"] - started} for one in since]
        played.contacts = await asyncio.to_thread(_sandbox, settings, "contacts")
    played.took = time.time() - started
    return played


async def _from_now_on(consumer: AIOKafkaConsumer, topic: str) -> None:
    tps = await assign_all(consumer, topic)
    await consumer.seek_to_end(*tps)
    for tp in tps:
        await consumer.position(tp)


async def _watch(
    consumer: AIOKafkaConsumer,
    codec: Codec,
    sent: dict[str, float],
    plays: Sequence[Play],
    played: Played,
    done: asyncio.Event,
) -> None:
    async for record in consumer:
        receipt = codec.decode_receipt(record.value)
        if isinstance(receipt, Receipt) and receipt.message_id in sent:
            seconds = receipt.time / 1000 - sent[receipt.message_id]
            played.heard.append(Heard(record.offset, receipt, max(0.0, seconds)))
            if complete(plays, played.heard):
                done.set()


def _encoded(codec: Codec, play: Play, topic: str, schema_id: int | None) -> bytes:
    stamped = {**play.event, "timestamp": datetime.now(UTC).isoformat(timespec="milliseconds")}
    event = from_json(stamped, Place(topic, 0, 0))
    if isinstance(event, Invalid):
        raise JourneyError(f"step {play.number}: {event.field} {event.message}")
    value = codec.encode_event(event)
    return value if schema_id is None else ID_FRAME.pack(0, schema_id) + value[ID_FRAME.size :]


def _sandbox(settings: Settings, page: str) -> list[dict[str, Any]] | None:
    """A page of the sandbox; None where the endpoint is Cordial's own or has none."""
    host = urlsplit(settings.cordial.endpoint).hostname or "cordial.com"
    if host.endswith(CORDIAL):
        return None
    try:
        url = f"{settings.cordial.endpoint.rstrip('/')}/_sandbox/{page}"
        with urllib.request.urlopen(url, timeout=10) as answer:  # noqa: S310 - not Cordial's
            found: list[dict[str, Any]] = json.loads(answer.read())
    except (urllib.error.URLError, OSError, ValueError):
        return None
    return found
