"""The program, killed where the file `die` in its data directory says: `before stitched 2`.

A step is a record that the worker asks the broker to take, or a commit; `before` is then, `after`
when the broker has it. It is killed once: the file goes first.
"""

import os
import signal
from collections import Counter
from dataclasses import replace
from pathlib import Path

from streams import cli
from streams.actions import ACTIONS
from streams.kafka.outbox import Outbox
from streams.kafka.transport import Consumer

FILE = Path(os.environ["CORDIAL_STREAMS_DATA_DIR"]) / "die"
put, commit = Outbox.put, Consumer._commit_offsets
times = Counter()


def step_of(record):
    """What a record is to a visitor, an order or a command; None of any other."""
    if record.topic.endswith(".hops"):
        return dict(record.headers)["x-hop"].decode()
    if record.topic.endswith("-held-changelog"):
        return "forget" if record.value is None else "hold"
    if record.topic.endswith("-links-changelog"):
        return "link" if record.key[:1] == b"v" else "told"
    for ending, step in (("-orders-changelog", "order"), ("-seen-changelog", "seen")):
        if record.topic.endswith(ending):
            return step
    return "command" if record.topic.rpartition(".")[2] in ACTIONS else None


def die_at(moment, step, number):
    wanted = FILE.read_text().split() if FILE.exists() else []
    if wanted == [moment, step, str(number)]:
        FILE.unlink()
        os.kill(os.getpid(), signal.SIGKILL)


def watched(outbox, record):
    step = step_of(record)
    if not FILE.exists():
        times.clear()
    if step is None or not FILE.exists():
        put(outbox, record)
        return
    times[step] += 1
    number, durable = times[step], record.durable
    die_at("before", step, number)

    def told():
        die_at("after", step, number)
        durable()

    put(outbox, replace(record, durable=told))


async def committing(consumer, offsets, **options):
    if offsets and FILE.exists():
        times["commit"] += 1
        die_at("before", "commit", times["commit"])
    return await commit(consumer, offsets, **options)


if __name__ == "__main__":
    Outbox.put = watched
    Consumer._commit_offsets = committing
    cli.main()
