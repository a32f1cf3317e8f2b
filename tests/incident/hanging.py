"""The program, whose fetch loop stands still while the file `hang` is in its data directory."""

import asyncio
import os
from pathlib import Path

from streams import cli
from streams.kafka.transport import Consumer

FILE = Path(os.environ["CORDIAL_STREAMS_DATA_DIR"]) / "hang"
drain = Consumer._drain_once


async def hanging(consumer):
    while FILE.exists():
        await asyncio.sleep(0.1)
    await drain(consumer)


if __name__ == "__main__":
    Consumer._drain_once = hanging
    cli.main()
