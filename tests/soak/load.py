"""The load: a shop's day without an end, with what a fault asks for in between."""

import threading
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from tests.crash.publishing import Publisher
from tests.crash.setup import TOPIC
from tests.crash.shop import Made, Shop

ENDLESS = 10_000_000


class Stream(Publisher):
    """A publisher whose events may come under another id of the same schema."""

    def renumber(self, number: int) -> None:
        """From now on events come with this schema id."""
        self._frame = b"\0" + number.to_bytes(4, "big")


class Load:
    """Publishes into the bus: first some at once, then at a rate until it is told to end.

    What was published under which place stands in `manifest`, for the verifier.
    """

    def __init__(self, *, bootstrap: str, manifest: Path, seed: int, contacts: int) -> None:
        self._bootstrap = bootstrap
        self._manifest = manifest
        self._shop = Shop(seed=seed, contacts=contacts)
        self._records = self._shop.records(ENDLESS)
        self._garbage = 0
        self._enough = threading.Event()
        self._streams: list[Stream] = []

    @property
    def published(self) -> int:
        """Records that the broker has."""
        return sum(one.published for one in self._streams)

    @property
    def failure(self) -> Exception | None:
        """What went wrong with publishing."""
        return next((one.failure for one in self._streams if one.failure is not None), None)

    def at_once(self, count: int) -> None:
        """Publish so many as fast as the broker takes them."""
        self._start(islice(self._records, count), 1e6)
        self._streams[-1].join()

    def begin(self, rate: float) -> None:
        """Publish so many a second from now on."""
        self._start(self._until_enough(), rate)

    def stop(self) -> None:
        """Make no more events."""
        self._enough.set()

    def end(self) -> None:
        """Make no more events; those that were made are published."""
        self.stop()
        for one in self._streams:
            one.join()

    def garbage(self, count: int) -> None:
        """So many records that are no events come next."""
        self._garbage += count

    def renumber(self, number: int) -> None:
        """From now on events come with this id of their schema."""
        self._streams[-1].renumber(number)

    def _start(self, records: Iterator[Made], rate: float) -> None:
        stream = Stream(
            bootstrap=self._bootstrap,
            topic=TOPIC,
            partitioner="java",
            manifest=self._manifest,
            records=records,
            rate=rate,
            optional=frozenset(),
        )
        self._streams.append(stream)
        stream.start()

    def _until_enough(self) -> Iterator[Made]:
        while not self._enough.is_set():
            if self._garbage:
                self._garbage -= 1
                yield self._shop.garbage()
            else:
                yield next(self._records)
