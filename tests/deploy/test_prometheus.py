"""The alert rules: each fires where it should, not beside it, and has its place in the runbook."""

import re
import subprocess

import pytest
import yaml

from streams.kafka.names import names_of
from streams.settings import Settings
from tests.deploy.files import ALERT_TESTS, ROOT, RULES, documents, expressions, manifest, promtool

pytestmark = pytest.mark.slow


EVERY = [rule for group in documents(RULES)[0]["groups"] for rule in group["rules"]]
ALERTS = [rule for rule in EVERY if "alert" in rule]
OPERATIONS = (ROOT / "docs" / "operations.md").read_text()
RUNBOOK = OPERATIONS.split("\n## Runbook\n")[1].split("\n## ")[0]


def ran(*arguments):
    return subprocess.run(arguments, capture_output=True, text=True, cwd=RULES.parent)


def cases():
    """Name of the test and case, of each that asks for one alert."""
    for path in ALERT_TESTS:
        for test in documents(path)[0]["tests"]:
            for case in test.get("alert_rule_test", ()):
                yield test, case


def test_rules_are_valid():
    done = ran(promtool(), "check", "rules", RULES.name)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("path", ALERT_TESTS, ids=lambda path: path.stem)
def test_alerts_fire_where_they_should(path):
    done = ran(promtool(), "test", "rules", str(path))
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_alert_has_a_case_that_fires_it():
    fired = {case["alertname"] for _, case in cases() if case.get("exp_alerts")}
    assert fired == {alert["alert"] for alert in ALERTS}


@pytest.mark.parametrize("alert", ALERTS, ids=lambda alert: alert["alert"])
def test_every_alert_has_a_case_near_it_that_does_not(alert):
    """One with the series that it goes by."""
    named = {one for rule in (alert, *_recorded(alert["expr"])) for one in _series(rule["expr"])}
    near = [
        test
        for test, case in cases()
        if case["alertname"] == alert["alert"] and not case.get("exp_alerts")
    ]
    assert any(named & _series(str(test["input_series"])) for test in near)


def _recorded(expr):
    return [rule for rule in EVERY if "record" in rule and rule["record"] in expr]


def _series(text):
    return set(re.findall(r"\b(?:cordial_streams_\w+|up)(?=[{\s\[)])", text))


@pytest.mark.parametrize("alert", ALERTS, ids=lambda alert: alert["alert"])
def test_every_alert_has_its_section_in_the_runbook(alert):
    name = alert["alert"]
    assert alert["annotations"]["runbook_url"].endswith(f"docs/operations.md#{name.lower()}")
    assert alert["labels"]["severity"] in {"critical", "warning", "info"}
    assert re.search(rf"^### {name}$", RUNBOOK, re.MULTILINE)


def test_the_runbook_has_no_alert_that_is_gone():
    told = re.findall(r"^### (CordialStreams\w+)$", OPERATIONS, re.MULTILINE)
    assert sorted(told) == sorted(alert["alert"] for alert in ALERTS)


def test_one_line_of_the_page_gives_the_runbook_an_address(tmp_path):
    [line] = re.findall(r"^sed -i .*runbook_url.*$", OPERATIONS, re.MULTILINE)
    for name in (
        "deploy/prometheus/rules.yml",
        *(str(one.relative_to(ROOT)) for one in ALERT_TESTS),
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text((ROOT / name).read_text())
    subprocess.run(["bash", "-c", line], cwd=tmp_path, check=True)
    [told] = documents(tmp_path / "deploy/prometheus/rules.yml")
    found = [rule["annotations"]["runbook_url"] for rule in told["groups"][0]["rules"][-5:]]
    assert all(one.startswith("https://git.example.com/") for one in found)
    done = ran(promtool(), "test", "rules", *map(str, tmp_path.glob("tests/deploy/alerts/*.yml")))
    assert done.returncode == 0, done.stdout + done.stderr


def test_scraped_job_is_the_one_in_the_rules():
    [config] = documents(RULES.with_name("prometheus.yml"))
    jobs = {job["job_name"] for job in config["scrape_configs"]}
    assert jobs == {"cordial-streams", "kafka-exporter"}
    assert set(re.findall(r'job="([^"]+)"', RULES.read_text())) == {"cordial-streams"}


def test_the_group_and_the_set_of_workers_are_those_of_the_rules():
    text = RULES.read_text()
    [group] = set(re.findall(r'(?:consumergroup|group_id)=~"([^"]+)"', text))
    for layout in (0, 1, 12):
        assert re.fullmatch(group, names_of(Settings(layout=layout)).app_id)
    assert not re.fullmatch(group, "cordial-streams-staging")
    [name] = set(re.findall(r'statefulset="([^"]+)"', text))
    assert name == manifest("StatefulSet")["metadata"]["name"]


def test_the_dashboards_queries_are_promql(tmp_path):
    rules = [
        {"record": f"panel:{at}", "expr": expr.replace("$__rate_interval", "5m")}
        for at, (_, expr) in enumerate(expressions())
    ]
    file = tmp_path / "panels.yml"
    file.write_text(yaml.safe_dump({"groups": [{"name": "panels", "rules": rules}]}))
    done = ran(promtool(), "check", "rules", str(file))
    assert done.returncode == 0, done.stdout + done.stderr
