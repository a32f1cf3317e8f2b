"""How a command ends: the exit codes, and the line that says why it does nothing."""

import sys

OK, USAGE, BAD_SETTINGS, DEPENDENCY_DOWN, FAILED = 0, 2, 3, 4, 5


def refused(why: object, code: int) -> int:
    """Say on standard error why the command cannot do what it is asked; the exit code."""
    print(f"cordial-streams: {why}", file=sys.stderr)
    return code
