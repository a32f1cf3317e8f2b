"""Writes down each second how large everything is, from outside: /proc, /metrics, the broker."""

import os
import re
import threading
import time
import urllib.request
from collections.abc import Callable, Iterable, Mapping, Sequence
from http.client import HTTPException
from pathlib import Path

from confluent_kafka import Consumer, KafkaException, TopicPartition

from tests.crash.processes import Process
from tests.crash.setup import TOPIC
from tests.soak.samples import MEASURING, Inside, Sample

EVERY = 1.0
ASK = 2.0
"""Seconds that a page or the broker is waited for."""
ROWS = re.compile(r'^soak_rows\{table="(\w+)"\} (\S+)$', re.MULTILINE)
TASKS = re.compile(r"^soak_tasks (\S+)$", re.MULTILINE)
DELIVERED = re.compile(
    r'^cordial_streams_commands_total\{.*outcome="delivered"\} (\S+)$', re.MULTILINE
)


class Bus:
    """How far the group is in the topics that it reads, `TOPIC` among them.

    Asked one place after the other: the admin client's questions to a coordinator abort the process
    when the broker is killed meanwhile (librdkafka 2.16).
    """

    def __init__(self, bootstrap: str, group: str, topics: Mapping[str, int]) -> None:
        self._consumer = Consumer(
            {"bootstrap.servers": bootstrap, "group.id": group, "log_level": 0}
        )
        self._places = [
            TopicPartition(topic, number)
            for topic, count in topics.items()
            for number in range(count)
        ]

    def left(self) -> tuple[int | None, int | None]:
        """Records that are not committed: of the bus, and of all topics, which is looked at only
        where the bus has none. None where the broker does not answer."""
        try:
            done = self._consumer.committed(self._places, timeout=ASK)
            lag = self._behind(one for one in done if one.topic == TOPIC)
        except KafkaException:
            return None, None
        try:
            return lag, self._behind(done) if lag == 0 else None
        except KafkaException:
            return lag, None

    def _behind(self, done: Iterable[TopicPartition]) -> int:
        behind = 0
        for one in done:
            if one.error is not None:
                raise KafkaException(one.error)
            _, end = self._consumer.get_watermark_offsets(one, timeout=ASK)
            behind += end - max(0, one.offset)
        return behind


class Sampler(threading.Thread):
    """Samples until `end`. `phase` is what the driver does; `last` is the newest sample."""

    def __init__(
        self,
        *,
        file: Path,
        bus: Bus,
        workers: Callable[[], Sequence[tuple[Process, str]]],
        published: Callable[[], int],
    ) -> None:
        super().__init__(name="sampler", daemon=True)
        self.phase = MEASURING
        self.last: Sample | None = None
        self.began = time.monotonic()
        self._file = file
        self._bus = bus
        self._workers = workers
        self._published = published
        self._over = threading.Event()

    def run(self) -> None:
        """Until it is told to end."""
        with self._file.open("w", buffering=1) as lines:
            while not self._over.wait(EVERY):
                self.last = self._sample()
                lines.write(self.last.line())

    def end(self) -> None:
        """Write no more."""
        self._over.set()
        self.join()

    def _sample(self) -> Sample:
        phase = self.phase
        workers = {one.name: inside(one, url) for one, url in self._workers()}
        lag, left = self._bus.left()
        return Sample(
            time=round(time.monotonic() - self.began, 2),
            phase=phase if phase == self.phase else "between",
            lag=lag,
            open=left,
            published=self._published(),
            workers=workers,
        )


def inside(worker: Process, url: str) -> Inside | None:
    """A process; None where it is not there or does not answer."""
    running = worker.running
    if running is None or not worker.alive:
        return None
    try:
        with urllib.request.urlopen(f"{url}/metrics", timeout=ASK) as answer:
            text = answer.read().decode()
        return _inside(running.pid, text)
    except (OSError, HTTPException):
        return None


def _inside(pid: int, text: str) -> Inside | None:
    tasks = TASKS.search(text)
    if tasks is None:
        return None
    own = Path(f"/proc/{pid}")
    resident = int((own / "statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    files = [_target(one) for one in (own / "fd").iterdir()]
    return Inside(
        pid=pid,
        memory=round(resident / 2**20, 2),
        files=len(files),
        sockets=sum(one.startswith("socket:") for one in files),
        threads=len(list((own / "task").iterdir())),
        tasks=int(float(tasks[1])),
        delivered=int(sum(float(count) for count in DELIVERED.findall(text))),
        rows={table: int(float(count)) for table, count in ROWS.findall(text)},
    )


def _target(link: Path) -> str:
    try:
        return os.readlink(link)
    except FileNotFoundError:
        return ""
