"""The program, which takes its time over its tables: a hundred rows in 30 ms."""

import asyncio

from streams import cli
from streams.kafka import changelog_reader

ROWS, SECONDS = 100, 0.03


class Unhurried(changelog_reader.AIOKafkaConsumer):
    async def getmany(self, *partitions, **options):
        await asyncio.sleep(SECONDS)
        return await super().getmany(*partitions, **options)


if __name__ == "__main__":
    changelog_reader.ROWS = ROWS
    changelog_reader.AIOKafkaConsumer = Unhurried
    cli.main()
