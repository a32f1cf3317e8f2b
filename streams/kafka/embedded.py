"""A broker that comes with pip: the mock cluster of librdkafka inside confluent-kafka.

For the demo and fast tests of one worker. It keeps everything in memory and loses it in the end.

What it does: produce (idempotent too), fetch (read-committed too), headers, explicit partitions,
commits, a group of one member at a time, topics that come into being with `DEFAULT_PARTITIONS`
when a client asks for their metadata.
What it does not, measured with aiokafka 0.14: two members in a group (the second one's rebalance
fails with InvalidRequest), a member's leave (the next waits for the session timeout),
transactions (their batches are corrupt), compaction, retention, and the requests of an admin
beyond metadata (CreateTopics, DescribeConfigs, ListGroups, OffsetFetch of a whole group).

`python -m streams.kafka.embedded` prints its address and stays until standard input ends or
SIGTERM.
"""

import argparse
import ctypes
import os
import signal
import sys
import threading
from collections.abc import Mapping
from types import TracebackType
from typing import Self

from confluent_kafka import cimpl

DEFAULT_PARTITIONS = 4
_PRODUCER = 0
_ERROR_SIZE = 512


class EmbeddedBrokerError(Exception):
    """librdkafka refused; the message says what."""


class EmbeddedBroker:
    """One broker on a free loopback port, with topics of the given partition counts.

    A context manager; `bootstrap` is its address inside it.
    """

    def __init__(self, topics: Mapping[str, int] | None = None) -> None:
        self._topics = dict(topics or {})
        self._library = _library()
        self._handle: int | None = None
        self._cluster: int | None = None

    @property
    def bootstrap(self) -> str:
        """host:port. Raises `EmbeddedBrokerError` outside the context."""
        address: bytes = self._library.rd_kafka_mock_cluster_bootstraps(self._running())
        return address.decode()

    def create(self, topic: str, partitions: int) -> None:
        """Make a topic. Raises `EmbeddedBrokerError` where it exists already."""
        cluster = self._running()
        code = self._library.rd_kafka_mock_topic_create(cluster, topic.encode(), partitions, 1)
        if code:
            reason = self._library.rd_kafka_err2str(code).decode()
            raise EmbeddedBrokerError(f"topic {topic} with {partitions} partitions: {reason}")

    def __enter__(self) -> Self:
        library = self._library
        error = ctypes.create_string_buffer(_ERROR_SIZE)
        conf = library.rd_kafka_conf_new()
        library.rd_kafka_conf_set(conf, b"log_level", b"3", error, _ERROR_SIZE)
        self._handle = library.rd_kafka_new(_PRODUCER, conf, error, _ERROR_SIZE)
        if self._handle is None:
            raise EmbeddedBrokerError(error.value.decode())
        self._cluster = library.rd_kafka_mock_cluster_new(self._handle, 1)
        library.rd_kafka_mock_group_initial_rebalance_delay_ms(self._running(), 0)
        for topic, partitions in self._topics.items():
            self.create(topic, partitions)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._cluster is not None:
            self._library.rd_kafka_mock_cluster_destroy(self._cluster)
        if self._handle is not None:
            self._library.rd_kafka_destroy(self._handle)
        self._cluster = self._handle = None

    def _running(self) -> int:
        if self._cluster is None:
            raise EmbeddedBrokerError("the embedded broker is not running")
        return self._cluster


def _library() -> ctypes.CDLL:
    """librdkafka's C functions, found through the extension module that is linked to it."""
    library = ctypes.CDLL(cimpl.__file__)
    pointer, text, number = ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int
    for name, result, arguments in (
        ("rd_kafka_conf_new", pointer, ()),
        ("rd_kafka_conf_set", number, (pointer, text, text, text, ctypes.c_size_t)),
        ("rd_kafka_new", pointer, (number, pointer, text, ctypes.c_size_t)),
        ("rd_kafka_destroy", None, (pointer,)),
        ("rd_kafka_err2str", text, (number,)),
        ("rd_kafka_mock_cluster_new", pointer, (pointer, number)),
        ("rd_kafka_mock_cluster_destroy", None, (pointer,)),
        ("rd_kafka_mock_cluster_bootstraps", text, (pointer,)),
        ("rd_kafka_mock_topic_create", number, (pointer, text, number, number)),
        ("rd_kafka_mock_group_initial_rebalance_delay_ms", None, (pointer, ctypes.c_int32)),
    ):
        function = getattr(library, name)
        function.restype, function.argtypes = result, arguments
    return library


def main(arguments: list[str] | None = None) -> int:
    """Run it as a program."""
    parser = argparse.ArgumentParser(prog="python -m streams.kafka.embedded", description=__doc__)
    parser.add_argument(
        "--topic", action="append", default=[], metavar="NAME", help="make this topic at start"
    )
    parser.add_argument(
        "--partitions",
        type=int,
        default=DEFAULT_PARTITIONS,
        metavar="N",
        help=f"of each --topic; one made later has {DEFAULT_PARTITIONS}",
    )
    given = parser.parse_args(arguments)
    over = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: over.set())
    signal.signal(signal.SIGINT, lambda *_: over.set())
    threading.Thread(target=_until_input_ends, args=(over,), daemon=True).start()
    with EmbeddedBroker(dict.fromkeys(given.topic, given.partitions)) as broker:
        sys.stdout.write(f"{broker.bootstrap}\n")
        sys.stdout.flush()
        over.wait()
    return 0


def _until_input_ends(over: threading.Event) -> None:
    # Not through sys.stdin: its lock, held by a daemon thread, aborts the interpreter's exit.
    while os.read(0, 4096):
        pass
    over.set()


if __name__ == "__main__":
    sys.exit(main())
