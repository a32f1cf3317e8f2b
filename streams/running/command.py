"""The `worker` command: from settings and plan to the exit code."""

import asyncio
import contextlib
import logging
import os
import signal
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import structlog

from streams import logs
from streams.exits import BAD_SETTINGS, refused
from streams.kafka.unread import Unread
from streams.plan import Plan, PlanError, load_plan
from streams.plan.noting import notes
from streams.plan.places import Text
from streams.plan.reading import read_plan
from streams.running.rehearsing import REFUSED
from streams.running.wiring import build
from streams.settings import Settings, load
from streams.telemetry import endpoint_secrets

log = structlog.get_logger(__name__)


def run_worker(plan_file: Path | None) -> int:
    """The `worker` command."""
    try:
        settings = load()
        plan, text = read_plan(plan_file)
    except (PlanError, ValueError) as error:
        return refused(error, BAD_SETTINGS)
    handler = logs.configure(secrets=lambda: _secrets(settings))
    for noisy in ("faust", "mode", "uvicorn", "streams.kafka.engine", "streams.kafka.transport"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    _say_doubts(plan, text)
    try:
        code = _loop(partial(_main, settings, plan, plan_file))
    except REFUSED as error:
        code = refused(error, BAD_SETTINGS)
    handler.close()
    return code


def _loop(main: Callable[[], Any]) -> int:
    import uvloop

    result: int = uvloop.run(main())
    return result


def _say_doubts(plan: Plan, text: Text) -> None:
    """A line for each; the place is in its text, as lines of one text are summed up."""
    for one in notes(plan, text, {}):
        log.warning(
            f"the plan says what is probably not meant: {one.place}",
            field=one.place,
            reason=f"{one.what}; {one.remedy}" if one.remedy else one.what,
            origin=f"{one.file}, line {one.line}",
        )


def pause_as_the_plan_says(plan_file: Path | None, unread: Unread) -> None:
    """Read the plan's file again, for what it says of paused sources and nothing else."""
    try:
        unread.pause(load_plan(plan_file).sources)
    except PlanError as error:
        log.error("the plan is wrong; sources stay as they are", error=str(error))  # noqa: TRY400
    else:
        log.info("sources are paused as the plan says", topic=", ".join(sorted(unread.paused)))


async def _main(settings: Settings, plan: Plan, plan_file: Path | None) -> int:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stop.set)
    worker = build(settings, plan)
    loop.add_signal_handler(signal.SIGHUP, pause_as_the_plan_says, plan_file, worker.app.unread)
    code = await worker.run(stop)
    # The process ends here. After a failure Faust would commit on its way out what is not
    # durable, and after a stop a second SIGTERM would find the default handler back.
    logging.shutdown()
    with contextlib.suppress(OSError):  # a full disk costs words alone
        sys.stderr.flush()
    os._exit(code)


def _secrets(settings: Settings) -> list[str]:
    """Every secret as it stands now."""
    found = [settings.contact_secret.get_secret_value(), *endpoint_secrets(os.environ)]
    for read in (
        settings.read_api_key,
        settings.kafka.read_password,
        settings.registry.read_password,
        settings.web.read_token,
    ):
        with contextlib.suppress(OSError):
            found.append(read())
    return [secret for secret in found if secret]
