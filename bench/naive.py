"""The yardstick: a Faust agent that awaits one httpx POST per event.

    python -m bench.naive --bootstrap 127.0.0.1:9092 --topic events --url http://… --data DIR

It does less than the product: one activity per event whatever its kind, no tables, no order of
actions, no receipts. It runs until it is stopped.
"""

import argparse
import json
import sys
from io import BytesIO

import faust
import httpx
import orjson
from fastavro import parse_schema, schemaless_reader

from tests.crash.publishing import SCHEMA_FILE, SCHEMAS

FRAME = 5
PATH = "/api/createContactactivities"


def app(bootstrap: str, topic: str, url: str, name: str, data: str) -> faust.App:
    """The app with its one agent; `data` is the folder for what Faust keeps."""
    made = faust.App(
        name, broker=f"kafka://{bootstrap}", web_enabled=False, store="memory://", datadir=data
    )
    events = made.topic(topic, value_type=bytes, value_serializer="raw", key_type=bytes)
    schema = parse_schema(json.loads((SCHEMAS / SCHEMA_FILE).read_text()))

    @made.agent(events)
    async def tell(stream):
        async with httpx.AsyncClient(headers={"x-api-key": "bench"}, trust_env=False) as client:
            async for value in stream:
                event = schemaless_reader(BytesIO(value[FRAME:]), schema)
                properties = (event["properties"] or {"fields": {}})["fields"]
                properties["n"] = int(event["messageId"].removeprefix("m-"))
                activity = {"action": event["event"] or event["type"], "properties": properties}
                body = {
                    "contact": {"identifiers": {"segment_id": event["userId"]}},
                    "contactActivities": [activity],
                }
                headers = {"content-type": "application/json"}
                await client.post(
                    url + PATH, content=orjson.dumps(body, default=str), headers=headers
                )

    return made


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.naive", description=__doc__)
    for name in ("bootstrap", "topic", "url", "data"):
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("--name", default="naive", help="consumer group")
    given = parser.parse_args()
    made = app(given.bootstrap, given.topic, given.url, given.name, given.data)
    sys.argv = ["naive", "worker", "-l", "warn"]
    made.main()


if __name__ == "__main__":
    main()
