"""A Prometheus of our own on loopback, that knows the recorded incident, and what it answers."""

import json
import subprocess
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from streams.demo.ports import free_port
from tests.deploy.files import RULES, promtool, unpacked
from tests.incident.recording import Recording, shown
from tests.incident.stages import STRETCH

BEGAN = 1_700_000_000
STEP = 60
Points = list[tuple[float, float]]
"""Minutes since the beginning, and the value."""


@dataclass(frozen=True, slots=True)
class Prometheus:
    """Where it listens, and how many seconds it knows of."""

    url: str
    seconds: int

    def asked(self, expr: str) -> list[tuple[Mapping[str, str], Points]]:
        """The series of a query over the whole incident, a point a minute."""
        query = {"query": expr, "start": BEGAN, "end": BEGAN + self.seconds, "step": STEP}
        path = f"{self.url}/api/v1/query_range?{urllib.parse.urlencode(query)}"
        with urllib.request.urlopen(path, timeout=30) as answer:
            found = json.load(answer)["data"]["result"]
        return [(one["metric"], _points(one["values"])) for one in found]


def _points(values: list[list[Any]]) -> Points:
    pairs = [((at - BEGAN) / 60, float(value)) for at, value in values]
    return [(at, value) for at, value in pairs if value == value]


@contextmanager
def knowing(recording: Recording, directory: Path) -> Iterator[Prometheus]:
    """It has the samples, and what the rules record of them."""
    data, text = directory / "data", directory / "metrics.txt"
    text.write_text("\n".join([*_lines(recording), "# EOF", ""]))
    _made("openmetrics", str(text), str(data))
    seconds = recording.seconds * STRETCH
    with _running(data, seconds) as found:
        times = [f"--start={BEGAN}", f"--end={BEGAN + seconds}", "--eval-interval=60s"]
        _made("rules", f"--url={found.url}", *times, f"--output-dir={data}", str(RULES))
    with _running(data, seconds) as found:
        yield found


def _lines(recording: Recording) -> Iterator[str]:
    for series, values in sorted(recording.values.items()):
        for second, value in enumerate(values):
            if value is not None:
                yield f"{shown(series)} {value!r} {BEGAN + second * STRETCH}"


def _made(what: str, *arguments: str) -> None:
    command = [promtool(), "tsdb", "create-blocks-from", what, *arguments]
    subprocess.run(command, check=True, capture_output=True, text=True)


@contextmanager
def _running(data: Path, seconds: int) -> Iterator[Prometheus]:
    config = data.with_name("prometheus.yml")
    config.write_text("global: {scrape_interval: 1m}\n")
    port = free_port()
    process = subprocess.Popen(
        [
            unpacked("prometheus") or "prometheus",
            f"--config.file={config}",
            f"--storage.tsdb.path={data}",
            "--storage.tsdb.retention.time=100y",
            "--query.lookback-delta=59s",
            f"--web.listen-address=127.0.0.1:{port}",
            "--log.level=error",
        ]
    )
    try:
        _until_ready(f"http://127.0.0.1:{port}")
        yield Prometheus(f"http://127.0.0.1:{port}", seconds)
    finally:
        process.terminate()
        process.wait(120)


def _until_ready(url: str) -> None:
    end = time.monotonic() + 60
    while True:
        try:
            with urllib.request.urlopen(f"{url}/-/ready", timeout=1):
                return
        except OSError:
            if time.monotonic() > end:
                raise
            time.sleep(0.2)
