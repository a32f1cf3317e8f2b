"""The commands: options, and what their help says."""

import os

import pytest
import typer.main
from typer.testing import CliRunner

from streams.cli import app


@pytest.mark.parametrize(
    ("options", "code", "said"),
    [((), 3, "--allow-endpoint"), (("--allow-endpoint",), 0, "all is well")],
)
def test_another_endpoint_needs_a_word(monkeypatch, options, code, said):
    monkeypatch.setenv("CORDIAL_STREAMS_CORDIAL__ENDPOINT", "https://proxy.example")
    monkeypatch.delenv("CORDIAL_STREAMS_CORDIAL__ALLOW_ENDPOINT", raising=False)
    monkeypatch.setattr(os, "environ", os.environ.copy())
    done = CliRunner().invoke(app, ["check", "--offline", *options])
    assert done.exit_code == code
    assert said in done.output + done.stderr


def commands(command, words=()):
    yield words
    for name, one in getattr(command, "commands", {}).items():
        yield from commands(one, (*words, name))


COMMANDS = list(commands(typer.main.get_command(app)))


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_every_help_has_an_example(words):
    done = CliRunner().invoke(app, [*words, "--help"])
    assert done.exit_code == 0
    assert "xample: " in done.output


def test_the_help_of_the_sandbox_has_its_options():
    assert "--latency-ms" in CliRunner().invoke(app, ["sandbox", "--help"]).output


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("trace", "trace needs a file of events"),
        ("trace --story a.json b.json", "--story stands alone"),
        ("trace --story a.json --json", "--story stands alone"),
        ("topics apply --partitions 0", "greater than or equal to 1"),
        ("topics apply --new consnt", "did you mean consent?"),
        ("demo --events 0", "greater than or equal to 1"),
        ("dead-letters list --reason rejcted", "did you mean rejected?"),
        ("dead-letters replay --action upsertOrders", "did you mean upsertOrder?"),
        ("dead-letters list --action x", "known are upsertContact, "),
    ],
)
def test_what_is_wrong_with_options_is_said_before_anything_is_done(words, said):
    done = CliRunner().invoke(app, words.split())
    assert done.exit_code == 2
    assert said in " ".join((done.output + done.stderr).split())
