"""The developer's desk: the locks hold what the project asks for, and CI runs the one script."""

import re
import subprocess
import tomllib

import jsonschema
import pytest

from tests.deploy.files import ROOT, documents, vendored_schema

WORKFLOW = ROOT / ".github" / "workflows" / "ci.yml"
LOCKS = ("requirements.lock", "requirements-dev.lock")
WORDS = {"setup", "demo", "check", "test", "kafka", "docs", "lock"}
WORDS |= {"crash", "outage", "simulate", "bench"}


def locked(name):
    return dict(re.findall(r"^([\w.-]+)==(\S+) \\$", (ROOT / name).read_text(), re.MULTILINE))


def wanted(group):
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    asked = (
        project["project"]["dependencies"]
        if group == LOCKS[0]
        else project["dependency-groups"]["dev"]
    )
    return {re.match(r"[\w.-]+", one).group().lower() for one in asked}


@pytest.mark.parametrize("name", LOCKS)
def test_locks_hold_what_the_project_asks_for(name):
    assert wanted(name) <= {package.lower() for package in locked(name)}


def test_the_locks_agree():
    runtime, everything = (locked(name) for name in LOCKS)
    assert runtime.items() <= everything.items()


@pytest.mark.parametrize("name", LOCKS)
def test_locks_name_no_host(name):
    assert not re.search(r"https?://|^--", (ROOT / name).read_text(), re.MULTILINE)


def test_the_workflow_calls_the_one_script():
    [workflow] = documents(WORKFLOW)
    runs = [
        step["run"] for job in workflow["jobs"].values() for step in job["steps"] if "run" in step
    ]
    assert runs == [".ci/run"]


def test_the_workflow_is_one():
    schema = vendored_schema("github-workflows")
    kind = jsonschema.validators.validator_for(schema)
    [workflow] = documents(WORKFLOW)
    workflow["on"] = workflow.pop(True)  # YAML 1.1 reads the word as a boolean
    assert [error.message for error in kind(schema).iter_errors(workflow)] == []


def test_make_alone_prints_every_word():
    done = subprocess.run(["make", "-C", ROOT], capture_output=True, text=True, check=True)
    assert set(re.findall(r"^  make (\w+)", done.stdout, re.MULTILINE)) >= WORDS


@pytest.mark.parametrize("script", sorted(ROOT.joinpath(".ci").iterdir()), ids=lambda one: one.name)
def test_scripts_parse_and_can_be_run(script):
    assert script.stat().st_mode & 0o111
    subprocess.run(["bash", "-n", script], check=True)


def test_the_pure_rooms_are_fenced_and_the_fence_is_checked():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    fence = project["tool"]["importlinter"]["contracts"][0]
    assert set(fence["source_modules"]) == {"streams.core", "streams.actions", "streams.sources"}
    assert {"faust", "httpx", "socket", "time", "random"} <= set(fence["forbidden_modules"])
    check = (ROOT / "Makefile").read_text().split("\ncheck:")[1].split("\n\n")[0]
    assert "lint-imports" in check
