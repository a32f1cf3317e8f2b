"""Receipts and dead letters, read from a broker with aiokafka and from bytes with fastavro."""

import json
from collections.abc import AsyncIterator, Mapping
from io import BytesIO
from pathlib import Path
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from fastavro import parse_schema, schemaless_reader

from tests.verifier.facts import Letter, Place, Receipt

SCHEMAS = Path(__file__).parents[2] / "avro"
FRAME = 5
"""Bytes in front of a value: 0, and the schema's id."""


def schema(name: str) -> Any:
    return parse_schema(json.loads((SCHEMAS / name).read_text()))


async def receipts(bootstrap: str, topic: str) -> list[Receipt]:
    """Every receipt."""
    reader = schema("receipt.avsc")
    return [receipt_of(_value(record.value, reader)) async for record in _read(bootstrap, topic)]


async def letters(bootstrap: str, topic: str) -> list[Letter]:
    """Every dead letter."""
    reader = schema("dead_letter.avsc")
    return [letter_of(_value(record.value, reader)) async for record in _read(bootstrap, topic)]


def receipt_of(record: Mapping[str, Any]) -> Receipt:
    """The receipt's place is that of the company's record; where it has none, the keyed one."""
    return Receipt(
        place=_place(record["source"] or record["position"]),
        action=record["action"],
        outcome=record["outcome"],
        reason=record["reason"],
        in_doubt=record["inDoubt"],
    )


def letter_of(record: Mapping[str, Any]) -> Letter:
    """A letter's headers tell the company's record; where they do not, its position does."""
    headers = {one["key"]: one["value"] for one in record["headers"]}
    if "x-source-topic" in headers:
        place = Place(
            headers["x-source-topic"].decode(),
            int(headers["x-source-partition"]),
            int(headers["x-source-offset"]),
        )
    else:
        place = _place(record["position"] or record)
    return Letter(place, record["action"], record["reason"])


def _place(record: Mapping[str, Any]) -> Place:
    return Place(record["topic"], record["partition"], record["offset"])


def _value(value: bytes, reader: Any) -> dict[str, Any]:
    stream = BytesIO(value)
    stream.seek(FRAME)
    found = schemaless_reader(stream, reader, None)
    assert isinstance(found, dict)
    return found


async def _read(bootstrap: str, topic: str) -> AsyncIterator[Any]:
    consumer = AIOKafkaConsumer(
        bootstrap_servers=bootstrap,
        auto_offset_reset="earliest",
        isolation_level="read_committed",
        enable_auto_commit=False,
    )
    await consumer.start()
    try:
        consumer._client.set_topics([topic])
        await consumer._client.force_metadata_update()
        numbers = consumer.partitions_for_topic(topic) or ()
        tps = [TopicPartition(topic, number) for number in numbers]
        consumer.assign(tps)
        ends = await consumer.end_offsets(tps)
        while any([await consumer.position(tp) < ends[tp] for tp in tps]):
            for records in (await consumer.getmany(timeout_ms=500)).values():
                for record in records:
                    yield record
    finally:
        await consumer.stop()
