"""The commands: options that stand for settings."""

import os

import pytest
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
