"""The image: pinned, unprivileged, without a shell between a signal and the worker."""

import re

from tests.deploy.files import ROOT

LINES = [
    line
    for line in re.sub(r"\\\n", " ", (ROOT / "Dockerfile").read_text()).splitlines()
    if line and not line.startswith("#")
]
FINAL = LINES[max(at for at, line in enumerate(LINES) if line.startswith("FROM ")) :]


def said(word, lines=FINAL):
    return [line.split(maxsplit=1)[1] for line in lines if line.startswith(f"{word} ")]


def test_base_images_are_pinned_to_a_patch_release():
    bases = [base.split()[0] for base in said("FROM", LINES)]
    assert bases
    for base in bases:
        assert re.fullmatch(r"python:3\.11\.\d+-slim-[a-z]+", base), base


def test_it_runs_as_nobody_special():
    assert said("USER") == ["10001:10001"]


def test_it_fetches_nothing_by_url():
    assert said("ADD", LINES) == []
    assert not any(re.search(r"https?://", line) for line in LINES)


def test_every_command_is_in_exec_form():
    for word in ("RUN", "ENTRYPOINT", "CMD"):
        for command in said(word, LINES):
            assert command.startswith("["), f"{word} {command}"


def test_packages_are_the_locked_ones():
    installs = [line for line in LINES if '"install"' in line and "pip" in line]
    assert len(installs) == 2
    assert '"--require-hashes", "-r", "requirements.lock"' in installs[0]
    assert '"--no-deps"' in installs[1]


def test_the_context_holds_what_the_wheel_is_made_of_and_no_more():
    rules = (ROOT / ".dockerignore").read_text().split("\n")
    kept = {rule[1:] for rule in rules if rule.startswith("!")}
    assert "*" in rules
    assert {
        "pyproject.toml",
        "requirements.lock",
        "README.md",
        "LICENSE",
        "avro",
        "streams",
    } <= kept
    assert not kept & {".git", ".venv", "tests", "data", ".env"}
