"""Every metric, variable, command and flag that a deployment file names exists in the code."""

import pytest
import typer.main

from streams.cli import app
from streams.cordial.sandbox.__main__ import parser
from streams.plan import load_plan
from streams.settings import Settings
from tests.deploy.files import (
    K8S_BASE,
    K8S_TOPICS,
    SCALED,
    compose,
    documents,
    expressions,
    kubernetes_settings,
    setting_names,
    worker_container,
)
from tests.deploy.promql import grouped, known_labels, metrics, rules, selectors
from tools import rules as operator_rules
from tools import topics

LABELS = known_labels()
OWN = ("worker", "topics", "sandbox")
SERVICES = compose()["services"]
COMMANDS = [SERVICES[name]["command"] for name in OWN] + [worker_container()["args"]]


def scaling_expressions():
    [scaled] = documents(SCALED)
    for trigger in scaled["spec"]["triggers"]:
        if trigger["type"] == "prometheus":
            yield trigger["name"], trigger["metadata"]["query"]


QUERIES = [
    *expressions(),
    *((one.get("alert") or one["record"], one["expr"]) for one in rules()),
    *scaling_expressions(),
]


@pytest.mark.parametrize(("where", "expr"), QUERIES)
def test_metrics_exist(where, expr):
    assert metrics(expr), where
    assert metrics(expr) <= set(LABELS), where


@pytest.mark.parametrize(("where", "expr"), QUERIES)
def test_labels_exist(where, expr):
    for name, chosen in selectors(expr):
        assert chosen <= LABELS[name], where
    given = {"topic", "partition"} if "label_replace" in expr else set()
    for label in grouped(expr) - given:
        assert any(label in LABELS[name] for name in metrics(expr)), (where, label)


def test_what_a_query_names_is_seen():
    query = 'sum by (a, le) (rate(x_bucket{b=~"c}", d!="e"}[5m])) / on (f) y > 2 unless z offset 1h'
    assert list(selectors(query)) == [
        ("x_bucket", {"b", "d"}),
        ("y", set()),
        ("z", set()),
    ]
    assert grouped(query) == {"a", "le", "f"}


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
                if value is not None:
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


def test_the_sandbox_takes_its_options():
    given = parser().parse_args(SERVICES["sandbox"]["command"][1:])
    assert given.allow_remote


def test_the_compose_file_makes_the_sources_of_its_plan():
    assert load_plan(K8S_BASE / "plan.yaml").sources
    assert "--with-sources" in SERVICES["topics"]["command"]


@pytest.mark.parametrize("name", topics.written())
def test_topics_and_users_are_what_the_code_wants(name):
    assert topics.FOLDER.joinpath(name).read_text() == topics.written()[name], "run: make docs"


def test_the_rules_of_the_operator_are_those_of_prometheus():
    assert operator_rules.FILE.read_text() == operator_rules.written(), "run: make docs"


def test_the_listed_topics_are_of_the_cluster_that_the_pods_talk_to():
    replicas = kubernetes_settings()["CORDIAL_STREAMS_KAFKA__REPLICATION_FACTOR"]
    for topic in documents(K8S_TOPICS):
        assert topic["spec"]["replicas"] == int(replicas or 0)
        assert topic["spec"]["topicName"].startswith(("cordial.", "cordial-streams-"))
