"""Starts and ends what the run is made of: every process by its own pid, its words in a file."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import httpx

READY_SECONDS = 60.0
STOP_SECONDS = 45.0


class ProcessError(Exception):
    """A process did not do what it should in time; names it, with the end of its log."""


@dataclass(slots=True)
class Process:
    """One program with its arguments and environment, started any number of times."""

    name: str
    command: Sequence[str]
    log: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    running: "subprocess.Popen[bytes] | None" = None
    program: str = sys.executable

    @property
    def alive(self) -> bool:
        """Whether it runs."""
        return self.running is not None and self.running.poll() is None

    @property
    def code(self) -> int | None:
        """How it ended; None while it runs."""
        return None if self.running is None else self.running.poll()

    def start(self) -> None:
        """Start it, in a session of its own."""
        with self.log.open("ab") as log:
            self.running = subprocess.Popen(
                [self.program, *self.command],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env={**os.environ, **self.environment, "PYTHONUNBUFFERED": "1"},
                start_new_session=True,
            )

    def kill(self) -> None:
        """kill -9."""
        if self.running is not None and self.alive:
            self.running.kill()
            self.running.wait(STOP_SECONDS)

    def ask_to_stop(self) -> None:
        """SIGTERM."""
        if self.running is not None and self.alive:
            self.running.send_signal(signal.SIGTERM)

    def stop(self) -> int:
        """SIGTERM, and its exit code. Raises `ProcessError` where it had to be killed."""
        self.ask_to_stop()
        assert self.running is not None
        try:
            return self.running.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()
            raise ProcessError(
                f"{self.name} did not end within {STOP_SECONDS:g} s of SIGTERM\n{self.tail()}"
            ) from None

    def tail(self, lines: int = 20) -> str:
        """The end of its log."""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])

    def announced(self, mark: str) -> str:
        """The word of its output that begins with `mark`. Raises `ProcessError`."""
        end = time.monotonic() + READY_SECONDS
        while time.monotonic() < end and self.alive:
            for word in self.log.read_text(errors="replace").split():
                if word.startswith(mark):
                    return word
            time.sleep(0.05)
        raise ProcessError(f"{self.name} did not say {mark}…\n{self.tail()}")

    def wait_ready(self, url: str) -> None:
        """Wait until `url` is answered with 200. Raises `ProcessError`."""
        end = time.monotonic() + READY_SECONDS
        while time.monotonic() < end and self.alive:
            try:
                if httpx.get(url, timeout=2).status_code == 200:
                    return
            except httpx.HTTPError:
                pass
            time.sleep(0.1)
        raise ProcessError(f"{self.name} was not ready within {READY_SECONDS:g} s\n{self.tail()}")


def run(name: str, command: Sequence[str], environment: Mapping[str, str]) -> str:
    """Run a program to its end; its output. Raises `ProcessError` where it fails."""
    done = subprocess.run(
        [sys.executable, *command],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise ProcessError(f"{name} ended with {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout
