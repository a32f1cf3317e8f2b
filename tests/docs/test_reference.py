"""docs/operations.md has every setting, metric, reason and command, and none that is gone."""

import re

import pytest
import typer.main

from streams.cli import app
from streams.core.outcome import Dead, Suppressed
from tools.reference import DOCS, PAGES, filled

TEXT = (DOCS / "operations.md").read_text()


def commands(command, words):
    if hasattr(command, "commands"):
        for name, one in command.commands.items():
            yield from commands(one, f"{words} {name}")
    else:
        yield words


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_the_generated_parts_are_fresh(page):
    text = page.read_text()
    assert filled(text, PAGES[page]()) == text, "run: make docs"


def test_every_command_has_its_row():
    told = set(re.findall(r"^\| `(cordial-streams [\w -]+)` \|", TEXT, re.MULTILINE))
    assert told == set(commands(typer.main.get_command(app), "cordial-streams"))


def test_every_dead_letter_reason_has_its_remedy():
    section = TEXT.split("### CordialStreamsDeadLetters\n")[1].split("### ")[0]
    assert set(re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE)) == set(Dead)


def test_every_reason_of_a_suppressed_command_has_its_row():
    section = TEXT.split("| A command is suppressed |")[1].split("## ")[0]
    assert set(re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE)) == set(Suppressed)


def test_every_exit_code_has_its_row():
    section = TEXT.split("## Exit codes")[1].split("## ")[0]
    assert re.findall(r"^\| (\d) \|", section, re.MULTILINE) == ["0", "2", "3", "4", "5"]
