"""docs/operations.md has every setting, metric, reason and command, and none that is gone."""

import ast
import re
from pathlib import Path

import pytest
import typer.main
from faust.types import TP

import streams
from streams.cli import app
from streams.core.outcome import Dead, Suppressed
from streams.kafka.reach import Beyond, Missed
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


def messages():
    """What the program logs: the first argument of each `log.error(…)` and its like."""
    home = Path(streams.__file__).parent
    for path in sorted(home.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and re.fullmatch(
                r"log\.(debug|info|warning|error|exception|critical)", ast.unparse(node.func)
            ):
                yield from said(node.args[0])


def said(message):
    """A text in which numbers are N; what is put into it is PLACE."""
    if isinstance(message, ast.Constant):
        yield message.value
    elif isinstance(message, ast.JoinedStr):
        yield "".join(
            one.value if isinstance(one, ast.Constant) else "PLACE" for one in message.values
        )
    else:
        assert ast.unparse(message) == "str(what)", "a log line is a text, or one of kafka.reach"
        for one in (Missed(TP("t", 0), 7), Beyond(TP("t", 0), 7, 3)):
            yield re.sub(r"\d+", "N", str(one))


def test_every_log_line_has_its_row_and_no_other():
    section = TEXT.split("### Log lines\n")[1].split("\n## ")[0]
    assert set(re.findall(r"^\| `([^`]+)` \|", section, re.MULTILINE)) == set(messages())
