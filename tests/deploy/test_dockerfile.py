"""The image: pinned, unprivileged, without a shell between a signal and the worker.

What it does is shown by `make image`, which replays the file.
"""

import re
import tomllib

import pytest

from tests.deploy.files import ROOT
from tools.dockerfile import context, stages
from tools.image import hindrance
from tools.wheels import packages

TEXT = (ROOT / "Dockerfile").read_text()
STAGES = stages(TEXT)
BUILD, FINAL = STAGES


def said(word):
    return [one for stage in STAGES for one in stage.said(word)]


def test_base_images_are_one_patch_release():
    versions = [re.fullmatch(r"python:(3\.11\.\d+)-(slim-)?bookworm", one.base) for one in STAGES]
    assert all(versions)
    assert len({found[1] for found in versions}) == 1
    assert versions[-1][2]


def test_it_runs_as_nobody_special():
    assert FINAL.last("USER").rest == "10001:10001"


def test_it_fetches_nothing_by_url():
    assert said("ADD") == []
    assert not re.search(r"https?://", TEXT)


def test_every_command_is_in_exec_form():
    for word in ("RUN", "ENTRYPOINT", "CMD"):
        assert all(one.command for one in said(word))


def test_packages_are_the_locked_ones():
    installs = [one.command for one in BUILD.said("RUN") if "install" in one.command]
    tools, locked, ours = installs
    assert tools[-3:] == ["--require-hashes", "-r", "requirements-build.lock"]
    assert locked[-2:] == ["-r", "requirements.lock"]
    assert "--require-hashes" in locked
    assert ours[-1] == "."
    assert "--no-deps" in ours
    for command in (locked, ours):
        assert command[command.index("--build-constraint") + 1] == "requirements-build.lock"


def test_nothing_in_it_is_of_one_architecture():
    assert not re.search(r"amd64|x86|aarch|--platform|TARGETARCH", TEXT)
    assert len(packages()) == len(re.findall("==", (ROOT / "requirements.lock").read_text()))


def test_it_says_what_it_is():
    labels = {name: value for one in FINAL.said("LABEL") for name, value in one.pairs.items()}
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    told = {name.removeprefix("org.opencontainers.image."): labels[name] for name in labels}
    assert told["title"] == project["name"]
    assert told["version"] == project["version"]
    assert told["licenses"] == project["license"]
    assert told["base.name"] == f"docker.io/library/{FINAL.base}"


def test_no_installer_is_left_and_what_runs_is_compiled():
    commands = [one.command for one in FINAL.said("RUN")]
    assert any({"uninstall", "pip", "setuptools"} <= set(words) for words in commands)
    assert "--without-pip" in next(
        one.command for one in BUILD.said("RUN") if "venv" in one.command
    )
    for stage in STAGES:
        assert any("compileall" in one.command for one in stage.said("RUN"))
    environment = {k: v for one in FINAL.said("ENV") for k, v in one.pairs.items()}
    assert environment["PYTHONDONTWRITEBYTECODE"] == "1"


def test_the_context_holds_what_the_wheel_is_made_of_and_no_more():
    ignored = (ROOT / ".dockerignore").read_text()
    assert "*" in ignored.splitlines()
    assert context(ignored) == {
        *("pyproject.toml", "requirements.lock", "requirements-build.lock"),
        *("README.md", "LICENSE", "avro", "streams"),
    }


def test_the_lock_has_what_packages_are_built_with():
    group = tomllib.loads((ROOT / "pyproject.toml").read_text())["dependency-groups"]["image"]
    lock = (ROOT / "requirements-build.lock").read_text()
    locked = set(re.findall(r"^([\w.-]+)==\S+ \\$", lock, re.MULTILINE))
    assert {re.match(r"[\w.-]+", one).group() for one in group} <= locked
    assert not re.search(r"https?://|^--", lock, re.MULTILINE)


@pytest.mark.parametrize(
    ("uid", "python", "unshare", "why"),
    [
        (0, "/opt/python", None, "needs Linux with unshare"),
        (1000, "/opt/python", "/usr/bin/unshare", "needs root: sudo"),
        (0, "/usr", "/usr/bin/unshare", "a Python in a directory of its own"),
    ],
)
def test_where_it_cannot_be_replayed_it_says_why(uid, python, unshare, why):
    assert why in hindrance(uid, python, unshare)
    assert hindrance(0, "/opt/python", "/usr/bin/unshare") == ""
