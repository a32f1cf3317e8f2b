"""A worker process, and a topic read as it grows."""

import asyncio
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition

from streams.demo.ports import free_port
from tests.leaks import guarded, search, search_file

PAGES = ("/metrics", "/livez", "/readyz")


class Worker:
    """A worker process."""

    def __init__(self, program: Sequence[str], environment: Mapping[str, str], log: Path) -> None:
        self.port = free_port()
        self._log = log
        with log.open("ab") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", *program],
                stdout=output,
                stderr=subprocess.STDOUT,
                env={**guarded(environment), "CORDIAL_STREAMS_WEB__PORT": str(self.port)},
            )

    def page(self, path: str) -> tuple[int, str]:
        """Status and text of a page; a leak in it raises `LeakError`."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}") as answer:
                status, text = answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                status, text = error.code, error.read().decode()
        except OSError:
            return 0, ""
        search(path, text)
        return status, text

    def ready(self) -> bool:
        assert self.process.poll() is None, "the worker ended"
        return self.page("/readyz")[0] == 200

    def count(self, metric: str, outcome: str = "") -> float:
        lines = self.page("/metrics")[1].splitlines()
        named = (f"cordial_streams_{metric}{{", f"cordial_streams_{metric} ")
        wanted = [one for one in lines if one.startswith(named)]
        return sum(float(one.rsplit(" ", 1)[1]) for one in wanted if outcome in one)

    def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(120)

    def end(self) -> None:
        """It runs no more, and nothing leaked: `LeakError` where something did."""
        running = self.process.poll() is None
        pages = [(one, self._shown(one)) for one in PAGES] if running else []
        if running:
            self.process.kill()
            self.process.wait()
        for page, text in pages:
            search(page, text)
        search_file(self._log)

    def _shown(self, path: str) -> str:
        """A page as it is now, or nothing: a worker that was frozen answers none."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=2) as answer:
                return answer.read().decode()
        except OSError:
            return ""


class Tail:
    """Everything that a topic holds, read as it comes."""

    def __init__(self) -> None:
        self.records: list[Any] = []

    @asynccontextmanager
    async def reading(self, bootstrap: str, topic: str, partitions: int) -> AsyncIterator["Tail"]:
        consumer = AIOKafkaConsumer(
            bootstrap_servers=bootstrap, auto_offset_reset="earliest", fetch_max_wait_ms=100
        )
        await consumer.start()
        consumer.assign([TopicPartition(topic, number) for number in range(partitions)])
        task = asyncio.create_task(self._read(consumer))
        try:
            yield self
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            await consumer.stop()

    async def _read(self, consumer: AIOKafkaConsumer) -> None:
        async for record in consumer:
            self.records.append(record)
