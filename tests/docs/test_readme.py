"""What the README shows is what the program does."""

import re
import subprocess
import sys
from pathlib import Path

from streams.core.identity import AccountKeys
from streams.plan import compile_plan, parse_plan

README = Path(__file__).parents[2] / "README.md"


def test_the_trace_is_what_the_command_prints():
    block = re.search(r"<!-- trace -->\n```console\n(.*?)```", README.read_text(), re.DOTALL)
    assert block is not None
    command, expected = block.group(1).split("\n", 1)
    event = re.search(r"echo '(.*?)' \|", command)
    assert event is not None
    options = command.rsplit("cordial-streams ", 1)[1].split()
    printed = subprocess.run(
        [sys.executable, "-m", "streams.cli", *options],
        input=event.group(1),
        capture_output=True,
        text=True,
        check=True,
        env={"PATH": "/usr/bin:/bin", "COLUMNS": "200"},
    )
    assert printed.stdout == expected


def test_the_command_is_on_the_path_before_it_is_named():
    blocks = re.findall(r"```console\n(.*?)```", README.read_text(), re.DOTALL)
    lines = "".join(blocks).splitlines()
    named = next(at for at, line in enumerate(lines) if "cordial-streams" in line)
    assert "$ export PATH=$PWD/.venv/bin:$PATH" in lines[:named]


def test_the_plan_is_one():
    text = re.search(r"```yaml\n(.*?)```", README.read_text(), re.DOTALL)[1]
    names = [one.name for one in compile_plan(parse_plan(text), AccountKeys()).instances]
    assert "vipPurchases" in names
