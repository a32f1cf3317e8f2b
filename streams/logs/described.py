"""An exception without what it may quote of an event."""

import traceback
from typing import Final

# Exceptions whose messages are about the network and the group, never about an event.
SPEAKING: Final = ("aiokafka", "mode", "asyncio", "ssl", "socket", "streams.settings")


def describe(error: BaseException) -> str:
    """An exception without what it may quote: its chain of types, and where each was raised.

    The message is kept where it speaks of the network or the settings.
    """
    lines: list[str] = []
    at: BaseException | None = error
    while at is not None and len(lines) < 5:
        frames = traceback.extract_tb(at.__traceback__)[-8:]
        where = " < ".join(f"{_module(f.filename)}:{f.lineno} {f.name}" for f in reversed(frames))
        said = f": {at}" if _speaks(at) else ""
        lines.append(f"{type(at).__name__}{said} [{where}]")
        at = at.__cause__ or (None if at.__suppress_context__ else at.__context__)
    return " from ".join(lines)


def _module(path: str) -> str:
    return "/".join(path.replace("\\", "/").rsplit("/", 2)[-2:])


def _speaks(error: BaseException) -> bool:
    if isinstance(error, UnicodeError):
        return False
    module = type(error).__module__
    return isinstance(error, OSError) or any(
        module == name or module.startswith(f"{name}.") for name in SPEAKING
    )
