"""Traces are off unless they are asked for, and then nothing is imported and nothing wrapped."""

import json
import os
import subprocess
import sys

import pytest

from streams.cordial.client import CordialClient
from streams.cordial.endpoint import endpoint
from streams.kafka.router import Router
from streams.running.tracing import Untraced, open_tracing
from streams.settings import Settings
from streams.telemetry import TelemetryError, configured, endpoint_secrets

ON = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:4318"}


@pytest.mark.parametrize(
    "environment",
    [
        {},
        {"OTEL_SERVICE_NAME": "shop"},
        {"OTEL_EXPORTER_OTLP_ENDPOINT": " "},
        {**ON, "OTEL_SDK_DISABLED": "true"},
        {**ON, "OTEL_TRACES_EXPORTER": "none"},
    ],
)
def test_without_an_endpoint_or_where_it_is_told_so_it_is_off(environment):
    assert not configured(environment)


@pytest.mark.parametrize(
    "environment", [ON, {"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://collector:4318/v1/traces"}]
)
def test_an_endpoint_turns_it_on(environment):
    assert configured(environment)


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"}, "only http/protobuf"),
        ({"OTEL_TRACES_EXPORTER": "zipkin"}, "only otlp"),
    ],
)
def test_what_is_not_spoken_is_refused(more, said):
    with pytest.raises(TelemetryError, match=said):
        configured({**ON, **more})


def test_where_the_packages_are_missing_the_extra_is_named(monkeypatch):
    for name in [one for one in sys.modules if one.split(".")[0] == "opentelemetry"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "opentelemetry", None)
    with pytest.raises(TelemetryError, match=r"install the extra otel.*'\.\[otel\]'"):
        configured(ON)
    assert not configured({})


def test_a_worker_says_so_and_ends_with_exit_3():
    code = (
        "import sys; sys.modules['opentelemetry'] = None; "
        "sys.argv = ['cordial-streams', 'worker']; from streams.cli import main; main()"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, **ON, "CORDIAL_STREAMS_API_KEY": "k", "CORDIAL_STREAMS_WEB__PORT": "0"},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert ran.returncode == 3, ran.stderr
    assert "install the extra otel" in ran.stderr


OFF = """
import asyncio, json, sys
from streams.plan import plan_of
from streams.running.wiring import build
from streams.settings import Settings

async def made():
    return build(Settings(api_key="k", cordial={"segment_id_key": "segment_id"}), plan_of({}))

worker = asyncio.run(made())
found = [name for name in sys.modules if name.startswith("opentelemetry")]
print(json.dumps([type(worker.partitions.router).__name__, worker.partitions.sink.post.__module__,
                  type(worker.partitions.reports.told).__name__, found]))
"""


def test_a_worker_without_it_imports_nothing_of_it_and_takes_no_step_for_it():
    environment = {name: value for name, value in os.environ.items() if "OTEL" not in name}
    ran = subprocess.run(
        [sys.executable, "-c", OFF], env=environment, capture_output=True, text=True, timeout=120
    )
    assert ran.returncode == 0, ran.stderr
    made = json.loads(ran.stdout.splitlines()[-1])
    assert made == ["Router", "streams.running.given", "OutcomeLines", []]


def test_off_gives_back_what_it_was_given():
    off = open_tracing({}, Settings(), endpoint("usw1"), str)
    assert isinstance(off, Untraced)
    assert off.post(CordialClient.post) is CordialClient.post
    assert off.copies(endpoint) is endpoint
    assert off.told(print) is print
    assert Router is type(off.router(**dict.fromkeys(_fields(), None) | {"codec": None}))


def _fields():
    return [name for name, one in Router.__dataclass_fields__.items() if one.init]


def test_what_a_collector_asks_for_is_a_secret():
    given = {"OTEL_EXPORTER_OTLP_HEADERS": "authorization=Bearer%20abc,x-key = k-1"}
    assert set(endpoint_secrets(given)) == {"Bearer%20abc", "Bearer abc", "k-1"}
