"""Where a run writes, and what of it stays: all where something was wrong, or its user named it."""

import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from streams.exits import DEPENDENCY_DOWN
from tests.broker.kafka import BrokerError
from tests.broker.parts import MissingPartError, fetch
from tests.crash.processes import ProcessError

Play = Callable[[Path], int]


def kept(name: str, given: Path | None, play: Play) -> int:
    """The exit code of a run, in the directory that was given, or else in a temporary one."""
    directory = given or Path(tempfile.mkdtemp(prefix=f"cordial-streams-{name}-"))
    code = played(directory, play)
    if not code and given is None:
        shutil.rmtree(directory, ignore_errors=True)
    return code


def played(directory: Path, play: Play) -> int:
    """The exit code of a run; 4 where a part is missing or did not come up."""
    directory.mkdir(parents=True, exist_ok=True)
    try:
        fetch()
        code = play(directory)
    except (MissingPartError, BrokerError, ProcessError) as error:
        sys.stderr.write(f"{error}\n")
        code = DEPENDENCY_DOWN
    if code:
        sys.stderr.write(f"logs, manifest and journal are in {directory}\n")
    return code
