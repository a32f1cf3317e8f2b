"""Errors that nobody waits for: ours are fatal, however they were raised, and others are not."""

import asyncio
import json
from functools import partial

import pytest
import uvloop

from streams.core.entry import Entry, LaneError
from streams.core.lane import allow
from streams.running.unhandled import end_on_our_errors
from streams.web.health import still_for

OURS = partial(allow, "settle", Entry("ann", "upsertContact", 0, "m-1"))
THEIRS = partial(json.loads, "{")
PAGE = partial(still_for, None, 0.0)


def by_timer(loop, work):
    loop.call_later(0, work)


def by_callback(loop, work):
    future = loop.create_future()
    future.add_done_callback(lambda _: work())
    future.set_result(None)


def by_task(loop, work):
    async def run():
        work()

    loop.create_task(run())


async def fatal_of(start, work):
    told = []
    loop = asyncio.get_running_loop()
    end_on_our_errors(loop, told.append)
    start(loop, work)
    await asyncio.sleep(0.05)
    return told


@pytest.mark.parametrize("new_loop", [asyncio.new_event_loop, uvloop.new_event_loop])
@pytest.mark.parametrize("start", [by_timer, by_callback, by_task])
@pytest.mark.parametrize(("work", "expected"), [(OURS, [LaneError]), (THEIRS, []), (PAGE, [])])
def test_an_error_of_ours_that_nobody_waits_for_is_fatal(new_loop, start, work, expected):
    with asyncio.Runner(loop_factory=new_loop) as runner:
        told = runner.run(fatal_of(start, work))
    assert [type(error) for error in told] == expected
