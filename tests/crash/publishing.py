"""Puts a shop's events on the bus, and writes the manifest of what was published where.

Each line of the manifest is written when the broker has the record. The format is told in
`tests/verifier/facts.py`.
"""

import json
import threading
import time
from collections.abc import Iterable, Mapping
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Any

from confluent_kafka import KafkaException, Message, Producer
from fastavro import parse_schema, schemaless_writer

from tests.crash.shop import Made

SCHEMAS = Path(__file__).parents[2] / "avro"
SCHEMA_FILE = "customer_event.avsc"
PARTITIONERS = {"java": "murmur2_random", "librdkafka": "consistent_random"}
FLUSH_SECONDS = 60.0


class Publisher(threading.Thread):
    """Publishes at `rate` records a second, in a thread of its own.

    `failure` is what went wrong, `published` how many records the broker has.
    """

    def __init__(
        self,
        *,
        bootstrap: str,
        topic: str,
        partitioner: str,
        manifest: Path,
        records: Iterable[Made],
        rate: float,
        optional: frozenset[str],
    ) -> None:
        super().__init__(name="publisher", daemon=True)
        self.published = 0
        self.failure: Exception | None = None
        self._topic = topic
        self._manifest = manifest
        self._records = records
        self._rate = rate
        self._optional = optional
        self._schema = parse_schema(json.loads((SCHEMAS / SCHEMA_FILE).read_text()))
        self._frame = b"\0" + schema_id().to_bytes(4, "big")
        self._producer = Producer(
            {
                "bootstrap.servers": bootstrap,
                "partitioner": PARTITIONERS[partitioner],
                "enable.idempotence": True,
                "linger.ms": 5,
                "log_level": 2,
            }
        )

    def run(self) -> None:
        """Publish all."""
        try:
            with self._manifest.open("a") as lines:
                self._publish(lines)
        except (OSError, ValueError, KafkaException) as error:
            self.failure = error

    def _publish(self, lines: Any) -> None:
        began = time.monotonic()
        for number, record in enumerate(self._records):
            due = began + number / self._rate
            while (ahead := due - time.monotonic()) > 0:
                self._producer.poll(min(ahead, 1.0))
            self._send(record, lines)
        if self._producer.flush(FLUSH_SECONDS):
            raise ValueError(f"the broker did not take all records in {FLUSH_SECONDS:g} s")

    def _send(self, record: Made, lines: Any) -> None:
        delivered = partial(self._delivered, record, lines)
        while True:
            try:
                self._producer.produce(
                    self._topic, value=self.value(record), key=record.key, on_delivery=delivered
                )
                return
            except BufferError:
                self._producer.poll(0.1)

    def value(self, record: Made) -> bytes | None:
        """The record's bytes; None is a tombstone."""
        if record.event is None:
            return record.raw
        stream = BytesIO()
        stream.write(self._frame)
        schemaless_writer(stream, self._schema, avro_record(record.event))
        return stream.getvalue()

    def _delivered(self, record: Made, lines: Any, error: Any, message: Message) -> None:
        if error is not None:
            self.failure = KafkaException(error)
            return
        wishes = record.expect
        line = {
            "topic": message.topic(),
            "partition": message.partition(),
            "offset": message.offset(),
            "contact": record.contact,
            "messageId": record.message_id,
            "copy": record.copy,
            "event": record.outcome,
            "expect": [
                {"action": action, "mark": mark, "outcome": outcome, "optional": self._may(action)}
                for action, mark, outcome in wishes
            ],
        }
        lines.write(json.dumps(line) + "\n")
        self.published += 1

    def _may(self, action: str) -> bool:
        return action in self._optional


def schema_id() -> int:
    """The id under which the events' schema is known."""
    ids = json.loads((SCHEMAS / "ids.json").read_text())
    return next(int(number) for number, file in ids.items() if file == SCHEMA_FILE)


def avro_record(event: Mapping[str, Any]) -> dict[str, Any]:
    objects = ("traits", "properties", "context")
    return {name: _wrapped(value) if name in objects else value for name, value in event.items()}


def _wrapped(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {"fields": {name: _wrapped(member) for name, member in value.items()}}
    if isinstance(value, list):
        return [_wrapped(item) for item in value]
    return value
