"""A million rows in seconds: one row of the product's own codec, with other numbers in it."""

from collections.abc import Iterator

from confluent_kafka import Producer

from bench.growth_rows import order_row, seen_row
from streams.core.decisions import seen_key

NUMBER, CONTACT = "99999999", "88888888"
"""What stands in the model where a row has its own; as long as those, so that it stays a row."""
FLUSH_SECONDS = 120.0
POLL_EVERY = 1_000


def orders(count: int) -> Iterator[tuple[bytes, bytes]]:
    """Key and row of so many orders, two of each contact."""
    key, row = order_row(int(NUMBER), f"u-{CONTACT}")
    for number in range(count):
        own, contact = b"%08d" % number, b"%08d" % (number // 2)
        yield (
            key.replace(NUMBER.encode(), own).replace(CONTACT.encode(), contact),
            row.replace(NUMBER.encode(), own).replace(CONTACT.encode(), contact),
        )


def seen(count: int, now_ms: int) -> Iterator[tuple[bytes, bytes]]:
    """Key and row of so many commands that were delivered just now."""
    _, row = seen_row(0, "u", now_ms)
    for number in range(count):
        yield seen_key(f"u-{number // 2:08d}", f"before-{number}", "createContactactivities"), row


def publish(
    bootstrap: str, topic: str, partitions: int, rows: Iterator[tuple[bytes, bytes]]
) -> None:
    """Put rows into a changelog. Raises `RuntimeError` where the broker does not take them."""
    producer = Producer(
        {
            "bootstrap.servers": bootstrap,
            "linger.ms": 20,
            "batch.size": 262_144,
            "queue.buffering.max.messages": 200_000,
        }
    )
    for number, (key, row) in enumerate(rows):
        while True:
            try:
                producer.produce(topic, row, key, number % partitions)
                break
            except BufferError:
                producer.poll(0.05)
        if number % POLL_EVERY == 0:
            producer.poll(0)
    if producer.flush(FLUSH_SECONDS):
        raise RuntimeError(f"the broker did not take all rows in {FLUSH_SECONDS:g} s")
