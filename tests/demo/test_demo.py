"""The demo as a user runs it: with settings of her own around it, looked at, and stopped."""

import os
import re
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

from tests.leaks import guarded, search, search_file

UP_SECONDS = 60.0
STRANGE = {
    "CORDIAL_STREAMS_API_KEY_FILE": "/nowhere",
    "CORDIAL_STREAMS_KAFKA__BOOTSTRAP": "broker.example:9092",
    "CORDIAL_STREAMS_KAFKA__SECURITY": "SASL_SSL",
    "CORDIAL_STREAMS_CORDIAL__ENDPOINT": "usw1",
}


class Demo:
    """A running demo, with a directory for temporary files of its own."""

    def __init__(self, directory: Path, *options: str) -> None:
        self._directory = directory
        self._log = directory / "demo.log"
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "streams.cli", "demo", "--events", "1", *options],
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=directory,
                env={
                    **guarded(os.environ),
                    **STRANGE,
                    "TMPDIR": str(directory),
                    "PYTHONUNBUFFERED": "1",
                },
            )

    def said(self, words: str) -> str:
        """What it printed, when it has printed the words."""
        end = time.monotonic() + UP_SECONDS
        while words not in self._log.read_text():
            assert time.monotonic() < end, self._log.read_text()
            assert self._process.poll() is None, self._log.read_text()
            time.sleep(0.1)
        return self._log.read_text()

    def ended(self, sign: signal.Signals) -> int:
        """The exit code after the signal."""
        self._process.send_signal(sign)
        return self._process.wait(UP_SECONDS)

    def end(self) -> None:
        """Whatever has become of it, it runs no more."""
        if self._process.poll() is None:
            self.ended(signal.SIGTERM)
        search_file(self._log)

    def left(self) -> list[str]:
        """Processes and directories of it that are there."""
        mark = f"TMPDIR={self._directory}\0".encode()
        found = [str(one) for one in self._directory.iterdir() if one != self._log]
        for environ in Path("/proc").glob("[0-9]*/environ"):
            try:
                if mark in environ.read_bytes():
                    found.append((environ.parent / "cmdline").read_text())
            except OSError:
                continue
        return found


@pytest.fixture
def demo(tmp_path):
    made = []

    def start(*options):
        made.append(Demo(tmp_path, *options))
        return made[-1]

    yield start
    for one in made:
        one.end()


def test_its_pages_are_there_until_it_is_interrupted(demo):
    running = demo("--keep")
    said = running.said("dead-letters list")
    assert "order violations: 0" in said
    worker = re.search(r"worker +(http://[\d.:]+)/readyz", said)
    sandbox = re.search(r"sandbox +(http://[\d.:]+/_sandbox/contacts)", said)
    assert worker is not None
    assert sandbox is not None
    for url in (f"{worker[1]}/readyz", f"{worker[1]}/metrics", sandbox[1]):
        with urllib.request.urlopen(url, timeout=5) as answer:
            assert answer.status == 200
            if url != sandbox[1]:
                search(url, answer.read().decode())
    assert running.ended(signal.SIGINT) == 0
    assert running.left() == []


def test_stopped_in_the_midst_it_leaves_nothing_behind(demo):
    running = demo()
    running.said("are up")
    assert running.ended(signal.SIGTERM) == 130
    assert running.left() == []
