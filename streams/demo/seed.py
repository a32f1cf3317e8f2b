"""Publishes a shop's day to the broker of the settings: something to look at where nothing is.

python -m streams.demo.seed [EVENTS]. Where the settings name a schema registry the events' schema
is registered there, and its id stands in front of each event.
"""

import asyncio
import sys

from aiokafka import AIOKafkaProducer
from confluent_kafka.schema_registry import Schema, SchemaRegistryClient

from streams.demo.day import Day
from streams.demo.run import SEED, TOPIC, VISITORS, bytes_of
from streams.exits import OK
from streams.kafka.codec import Codec
from streams.kafka.connection import client_options
from streams.kafka.framing import ID_FRAME
from streams.kafka.schemas import own_schemas
from streams.settings import RegistrySettings, Settings, load

EVENTS = 500


def registered(registry: RegistrySettings) -> int | None:
    """The id that the registry gave the events' schema; None where there is no registry."""
    if registry.url is None:
        return None
    [schema] = [one for one in own_schemas().values() if one.name == "customer_event"]
    client = SchemaRegistryClient.new_client({"url": registry.url})
    return int(client.register_schema(f"{TOPIC}-value", Schema(schema.text, "AVRO")))


def framed(value: bytes, number: int | None) -> bytes:
    """The event with another id in front; what is no event stays as it is."""
    ours = value[:1] == b"\0"
    return (
        value if number is None or not ours else ID_FRAME.pack(0, number) + value[ID_FRAME.size :]
    )


async def publish(settings: Settings, events: int) -> int:
    """Publish so many events, at least; gives how many it were."""
    codec, number = Codec(), await asyncio.to_thread(registered, settings.registry)
    producer = AIOKafkaProducer(acks="all", **client_options(settings.kafka))
    await producer.start()
    records = list(Day(seed=SEED, visitors=VISITORS).events(events))
    try:
        for one in records:
            value = framed(bytes_of(codec, one), number)
            await producer.send(TOPIC, value=value, key=one.key.encode())
    finally:
        await producer.stop()
    return len(records)


def main() -> int:
    """Publish, and say how much."""
    count = asyncio.run(publish(load(), int(sys.argv[1]) if len(sys.argv) > 1 else EVENTS))
    print(f"{count} records published on {TOPIC}")
    return OK


if __name__ == "__main__":
    sys.exit(main())
