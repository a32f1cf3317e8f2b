"""docs/deploying.md is walked as a new user would, in a copy of what its steps touch."""

import os
import re
import shutil
import subprocess
import sys

import pytest
import typer.main

from streams.cli import app
from tests.deploy.files import ROOT, validator

pytestmark = pytest.mark.slow


PAGE = (ROOT / "docs" / "deploying.md").read_text()


RUN = re.DOTALL | re.MULTILINE


def steps():
    """Each command that is to be run, and what the page says it prints."""
    for space, block in re.findall(r"^( *)<!-- run -->\n *```console\n(.*?)```", PAGE, RUN):
        block = re.sub(f"^{space}", "", block, flags=re.MULTILINE)
        for one in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, _, printed = one.partition("\n")
            yield command, printed


def test_every_step_prints_what_the_page_says(tmp_path):
    kustomize = validator("kustomize")
    for name in ("k8s", "deploy"):
        shutil.copytree(ROOT / name, tmp_path / name)
    for name in ("tools", "streams", "avro"):
        tmp_path.joinpath(name).symlink_to(ROOT / name)
    programs = tmp_path / "bin"
    programs.mkdir()
    for name, words in {"python": "", "cordial-streams": "-m streams.cli"}.items():
        program = programs / name
        program.write_text(f'#!/bin/sh\nexec {sys.executable} {words} "$@"\n')
        program.chmod(0o755)
    path = f"{programs}:{kustomize.parent}:{os.environ['PATH']}"
    seen = list(steps())
    assert len(seen) == 20
    for command, printed in seen:
        done = subprocess.run(
            ["bash", "-c", command],
            cwd=tmp_path,
            env={"PATH": path, "LANG": "C.UTF-8", "COLUMNS": "200"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        assert done.stdout == printed, command
        assert done.returncode == (0 if not printed.startswith("ScaledObject") else 5), command


def test_it_names_the_secrets_that_it_makes():
    asked = re.search(r"Secrets to make in cordial:\n((?:  .*\n)+)", PAGE)[1]
    for name, keys in re.findall(r"  (\S+): (.*)", asked):
        made = PAGE.split(f"-n cordial {name} ")[1].split("\nkubectl")[0].split("```")[0]
        for key in keys.split(", "):
            assert f"{key}=" in made or f"--from-file={key}" in made, (name, key)


@pytest.mark.parametrize("words", re.findall(r"^people ((?!\(\)).+)$", PAGE, re.MULTILINE))
def test_commands_of_people_are_commands(words):
    command = typer.main.get_command(app)
    words = words.split()
    while hasattr(command, "commands"):
        command = command.commands[words.pop(0)]
    flags = {flag for parameter in command.params for flag in parameter.opts}
    assert {word for word in words if word.startswith("--")} <= flags


def test_every_command_of_people_is_shown():
    """Those that a user's rights are made for: see tools.flows."""
    shown = set(re.findall(r"^people (\S+)", PAGE, re.MULTILINE))
    assert {"preview", "dead-letters", "consent", "identity"} <= shown
