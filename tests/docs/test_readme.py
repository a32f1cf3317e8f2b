"""The trace in the README is what `trace` prints."""

import re
import subprocess
import sys
from pathlib import Path

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
