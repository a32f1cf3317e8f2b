"""A peer: a Faust agent that awaits one httpx POST per command.

python -m bench.peers.naive --bootstrap … --topic … --url … --group …
"""

import asyncio
import sys

import faust
import httpx

from bench.peers.options import given
from bench.peers.pace import Pace
from bench.peers.wanted import decoder, requests

HEADERS = {"x-api-key": "bench", "content-type": "application/json"}


def main() -> None:
    options = given("naive", __doc__)
    app = faust.App(
        options.group,
        broker=f"kafka://{options.bootstrap}",
        web_enabled=False,
        store="memory://",
        datadir=options.data,
        consumer_auto_offset_reset="earliest",
        broker_commit_interval=1.0,
    )
    events = app.topic(options.topic, value_type=bytes, value_serializer="raw", key_type=bytes)
    decode = decoder()
    pace = Pace(options.rate)

    @app.agent(events)
    async def tell(stream):
        async with httpx.AsyncClient(
            base_url=options.url, headers=HEADERS, trust_env=False
        ) as client:
            async for value in stream:
                for path, body in requests(decode(value)):
                    await send(client, path, body)

    async def send(client, path, body):
        while True:
            await asyncio.sleep(pace.wait(path, asyncio.get_running_loop().time()))
            answer = await client.post(path, content=body)
            if answer.status_code == 202:
                return
            await asyncio.sleep(float(answer.headers.get("retry-after", 1)))

    sys.argv = ["naive", "worker", "-l", "warn"]
    app.main()


if __name__ == "__main__":
    main()
