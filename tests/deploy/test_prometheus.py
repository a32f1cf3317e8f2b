"""The alert rules: each fires where it should, and each has its place in the runbook."""

import re
import subprocess

import pytest
import yaml

from tests.deploy.files import ROOT, RULES, documents, expressions, promtool

ALERTS = [rule for group in documents(RULES)[0]["groups"] for rule in group["rules"]]
OPERATIONS = (ROOT / "docs" / "operations.md").read_text()


def ran(*arguments):
    return subprocess.run(arguments, capture_output=True, text=True, cwd=RULES.parent)


def test_rules_are_valid():
    done = ran(promtool(), "check", "rules", RULES.name)
    assert done.returncode == 0, done.stdout + done.stderr


def test_alerts_fire_where_they_should():
    done = ran(promtool(), "test", "rules", "rules_test.yml")
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_alert_has_a_case_that_fires_it():
    [cases] = documents(RULES.with_name("rules_test.yml"))
    fired = {
        case["alertname"]
        for test in cases["tests"]
        for case in test["alert_rule_test"]
        if case.get("exp_alerts")
    }
    assert fired == {alert["alert"] for alert in ALERTS}


@pytest.mark.parametrize("alert", ALERTS, ids=lambda alert: alert["alert"])
def test_every_alert_has_its_section_in_the_runbook(alert):
    name = alert["alert"]
    assert alert["annotations"]["runbook"] == f"docs/operations.md#{name.lower()}"
    assert re.search(rf"^### {name}$", OPERATIONS, re.MULTILINE)


def test_the_runbook_has_no_alert_that_is_gone():
    told = set(re.findall(r"^### (CordialStreams\w+)$", OPERATIONS, re.MULTILINE))
    assert told == {alert["alert"] for alert in ALERTS}


def test_scraped_job_is_the_one_in_the_rules():
    [config] = documents(RULES.with_name("prometheus.yml"))
    assert {job["job_name"] for job in config["scrape_configs"]} == {"cordial-streams"}
    assert 'job="cordial-streams"' in RULES.read_text()


def test_the_dashboards_queries_are_promql(tmp_path):
    rules = [
        {"record": f"panel:{at}", "expr": expr.replace("$__rate_interval", "5m")}
        for at, (_, expr) in enumerate(expressions())
    ]
    file = tmp_path / "panels.yml"
    file.write_text(yaml.safe_dump({"groups": [{"name": "panels", "rules": rules}]}))
    done = ran(promtool(), "check", "rules", str(file))
    assert done.returncode == 0, done.stdout + done.stderr
