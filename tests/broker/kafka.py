"""Starts, stops, kills, freezes and restarts one broker; nothing but what was started here.

One process is broker and controller. It can show crashes, pauses and restarts; it cannot show
leader elections or the loss of replicas, for which it takes three.
"""

import contextlib
import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from streams.demo.ports import free_port
from tests.broker.parts import jars, java

START_SECONDS = 60.0
STOP_SECONDS = 30.0
FORMAT_SECONDS = 60.0
CLUSTER_ID = "cordialstreamstest1Q"
PROPERTIES = """\
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{controller}
listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}
advertised.listeners=PLAINTEXT://127.0.0.1:{port}
controller.listener.names=CONTROLLER
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
log.dirs={data}
broker.session.timeout.ms=3000
broker.heartbeat.interval.ms=500
auto.create.topics.enable=false
offsets.topic.num.partitions=4
offsets.topic.replication.factor=1
transaction.state.log.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
group.initial.rebalance.delay.ms=0
num.network.threads=2
num.io.threads=4
num.recovery.threads.per.data.dir=2
log.cleaner.dedupe.buffer.size=4194304
"""


class BrokerError(Exception):
    """The broker did not do what it was asked in time; names what, and its last log lines."""


@dataclass(slots=True)
class RealKafka:
    """One broker in `directory`; a context manager that starts and stops it.

    `properties` are further ones, the last of a name wins; `format_options` go to StorageTool.
    """

    directory: Path
    port: int = 0
    properties: str = ""
    format_options: tuple[str, ...] = ()
    process: "subprocess.Popen[bytes] | None" = None
    _controller: int = 0
    _log: Path = field(init=False)

    def __post_init__(self) -> None:
        self._log = self.directory / "kafka.log"

    @property
    def bootstrap(self) -> str:
        """host:port."""
        return f"127.0.0.1:{self.port}"

    @property
    def pid(self) -> int:
        """Of the running process. Raises `BrokerError` where there is none."""
        if self.process is None or self.process.poll() is not None:
            raise BrokerError(f"the broker is not running\n{self.tail()}")
        return self.process.pid

    def start(self) -> Self:
        """Format the directory the first time, start, and wait until it answers."""
        self.directory.mkdir(parents=True, exist_ok=True)
        properties = self.directory / "server.properties"
        if not properties.exists():
            self._format(properties)
        with self._log.open("ab") as log:
            self.process = subprocess.Popen(
                [*self._java("-Xmx384m", "-Xms256m"), "kafka.Kafka", str(properties)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=self.directory,
                start_new_session=True,
            )
        self._wait_until_it_answers()
        return self

    def stop(self) -> None:
        """Ask it to end; after `STOP_SECONDS` kill it."""
        if self.process is None or self.process.poll() is not None:
            return
        self.process.send_signal(signal.SIGCONT)
        self.process.terminate()
        try:
            self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()

    def kill(self) -> None:
        """kill -9."""
        os.kill(self.pid, signal.SIGKILL)
        assert self.process is not None
        self.process.wait(STOP_SECONDS)

    def restart(self) -> Self:
        """Start again with the same data and address, whatever ended it."""
        self.stop()
        return self.start()

    @contextlib.contextmanager
    def frozen(self) -> Iterator[None]:
        """Stopped in its tracks, its connections open."""
        pid = self.pid
        os.kill(pid, signal.SIGSTOP)
        os.waitid(os.P_PID, pid, os.WSTOPPED)  # a thread may answer on until it is
        try:
            yield
        finally:
            os.kill(pid, signal.SIGCONT)

    def tail(self, lines: int = 15) -> str:
        """The end of its log."""
        if not self._log.exists():
            return "(no log)"
        return "\n".join(self._log.read_text(errors="replace").splitlines()[-lines:])

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _java(self, *options: str) -> list[str]:
        return [
            java(),
            *options,
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1",
            "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
            "-Dorg.slf4j.simpleLogger.showDateTime=true",
            "-cp",
            f"{jars()}/*",
        ]

    def _format(self, properties: Path) -> None:
        self.port, self._controller = self.port or free_port(), free_port()
        written = PROPERTIES.format(
            port=self.port, controller=self._controller, data=self.directory / "data"
        )
        properties.write_text(written + self.properties)
        tool = ["kafka.tools.StorageTool", "format", "-t", CLUSTER_ID, "-c", str(properties)]
        tool += self.format_options
        done = subprocess.run(
            [*self._java("-Xmx128m"), *tool],
            capture_output=True,
            text=True,
            timeout=FORMAT_SECONDS,
            check=False,
        )
        if done.returncode:
            properties.unlink()
            raise BrokerError(f"formatting failed\n{done.stdout}{done.stderr}")

    def _wait_until_it_answers(self) -> None:
        assert self.process is not None
        end = time.monotonic() + START_SECONDS
        while time.monotonic() < end:
            if self.process.poll() is not None:
                raise BrokerError(f"the broker ended with {self.process.returncode}\n{self.tail()}")
            if _answers(self.port):
                return
            time.sleep(0.1)
        raise BrokerError(f"the broker did not answer within {START_SECONDS:g} s\n{self.tail()}")


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        if probe.connect_ex(("127.0.0.1", port)):
            return False
    client = AdminClient(
        {"bootstrap.servers": f"127.0.0.1:{port}", "log_level": 0, "socket.timeout.ms": 2000}
    )
    try:
        return bool(client.list_topics(timeout=2).brokers)
    except KafkaException:
        return False
