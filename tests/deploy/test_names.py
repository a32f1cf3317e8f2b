"""Every metric, variable, command and flag that a deployment file names exists in the code."""

import re

import pytest
import typer.main

from streams.cli import app
from streams.metrics import METRICS
from streams.plan import load_plan
from streams.settings import Settings
from tests.deploy.files import (
    K8S_BASE,
    RULES,
    compose,
    documents,
    expressions,
    kubernetes_settings,
    setting_names,
    worker_container,
)

SERIES = {
    row.full_name + suffix
    for row in METRICS
    for suffix in (("_bucket", "_sum", "_count") if row.kind == "histogram" else ("",))
}
LABELS = {row.full_name: set(row.labels) for row in METRICS}
OWN = ("worker", "topics", "sandbox")
SERVICES = compose()["services"]
COMMANDS = [SERVICES[name]["command"] for name in OWN] + [worker_container()["args"]]


def alert_expressions():
    for group in documents(RULES)[0]["groups"]:
        for rule in group["rules"]:
            yield rule["alert"], rule["expr"]


@pytest.mark.parametrize(("where", "expr"), [*expressions(), *alert_expressions()])
def test_metrics_exist(where, expr):
    named = set(re.findall(r"cordial_streams_\w+", expr))
    assert named or expr.startswith("up{"), where
    assert named <= SERIES, where


@pytest.mark.parametrize(("where", "expr"), [*expressions(), *alert_expressions()])
def test_labels_exist(where, expr):
    for labels, name in re.findall(r"by \(([\w, ]+)\) \((?:rate\(|increase\()?(\w+)", expr):
        base = re.sub(r"_(bucket|sum|count)$", "", name)
        asked = {label.strip() for label in labels.split(",")} - {"instance", "le"}
        assert asked <= LABELS[base if base in LABELS else name], where


@pytest.mark.parametrize("service", OWN)
def test_variables_of_the_compose_file_exist(service):
    assert set(SERVICES[service].get("environment", {})) <= setting_names()


def test_variables_of_the_pods_exist():
    assert set(kubernetes_settings()) <= setting_names()


def test_the_settings_accept_the_values(monkeypatch):
    known = {name: value for name, value in kubernetes_settings().items() if value is not None}
    for values in (known, SERVICES["worker"]["environment"]):
        with monkeypatch.context() as patched:
            for name, value in values.items():
                patched.setenv(name, value)
            Settings()


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_commands_and_flags_exist(words):
    command = typer.main.get_command(app)
    words = list(words)
    while hasattr(command, "commands"):
        command = command.commands[words.pop(0)]
    if command.name != "sandbox":
        flags = {flag for parameter in command.params for flag in parameter.opts}
        assert {word for word in words if word.startswith("--")} <= flags


def test_the_plan_is_one_and_its_source_is_made():
    plan = load_plan(K8S_BASE / "plan.yaml")
    made = SERVICES["bus"]["command"]
    assert [source.topic for source in plan.sources] == [made[made.index("--topic") + 1]]
