"""Errors that nobody waits for: of a timer, of a future's callback, of a task that was let go.

asyncio logs them and goes on. Where our own code raised one, something that the
lanes count on did not happen, and the worker must end as after any other bug.
"""

import asyncio
from collections.abc import Callable, Iterator
from typing import Any

OURS, PAGES = "streams.", "streams.web."


def end_on_our_errors(
    loop: asyncio.AbstractEventLoop, fatal: Callable[[BaseException], None]
) -> None:
    """Call `fatal` with each unhandled error of ours in `loop`; others are logged as ever.

    The pages only show what is: an error there ends nothing.
    """

    def handle(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        error = context.get("exception")
        if isinstance(error, BaseException) and _is_ours(error):
            fatal(error)
        else:
            loop.default_exception_handler(context)

    loop.set_exception_handler(handle)


def tell(fatal: Callable[[BaseException], None], task: "asyncio.Task[Any]") -> None:
    """A task that should run as long as the worker has ended."""
    error = None if task.cancelled() else task.exception()
    if error is not None:
        fatal(error)


def _is_ours(error: BaseException) -> bool:
    rooms = [name for name in _modules(error) if name.startswith(OURS)]
    return any(not name.startswith(PAGES) for name in rooms)


def _modules(error: BaseException) -> Iterator[str]:
    """The modules that the error came through."""
    trace = error.__traceback__
    while trace is not None:
        yield str(trace.tb_frame.f_globals.get("__name__", ""))
        trace = trace.tb_next
