"""`dead-letters list | show | replay`: what could not be delivered, and sending it again.

Reading changes nothing: no group, no offset is kept.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Container
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from streams.checking.problems import elsewhere
from streams.core.records import DeadLetter
from streams.exits import FAILED, OK, refused
from streams.kafka.codec import Codec
from streams.kafka.names import names_of
from streams.kafka.reading import read_topic
from streams.operating.exits import told
from streams.operating.replays import in_order, replay, replayed
from streams.operating.strange import readable
from streams.plan import instance_names, load_plan
from streams.settings import Settings, load


@dataclass(frozen=True, slots=True)
class Filter:
    """Which letters are meant; None takes all."""

    action: str | None = None
    reason: str | None = None
    contact: str | None = None
    letter: str | None = None

    def takes(self, letter: DeadLetter) -> bool:
        """Whether this letter is meant."""
        wanted = (
            (self.action, letter.action),
            (self.reason, letter.reason),
            (self.contact, letter.contact),
            (self.letter, letter.id),
        )
        return all(want is None or want == have for want, have in wanted)


async def read_all(settings: Settings) -> AsyncIterator[DeadLetter]:
    """Every dead letter that the topic holds now."""
    records = read_topic(settings, names_of(settings).dead_letters)
    async for letter in readable(records, Codec().decode_dead_letter):
        yield letter


@told
def run_list(
    *,
    action: str | None,
    reason: str | None,
    contact: str | None,
    as_json: bool,
    plan: Path | None = None,
) -> int:
    """The `dead-letters list` command."""
    chosen, before = asyncio.run(_chosen(load(), Filter(action, reason, contact), plan))
    _show_many(chosen, before, as_json=as_json)
    return OK


@told
def run_show(letter_id: str, *, as_json: bool) -> int:
    """The `dead-letters show` command. Exit 5 where there is no such letter."""
    chosen, before = asyncio.run(_chosen(load(), Filter(letter=letter_id), None))
    if not chosen:
        return refused(f"no dead letter has the id {letter_id}; see `list`", FAILED)
    document = as_document(chosen[0], before)
    document["value"] = _text(chosen[0].value)
    document["headers"] = {name: _text(value) for name, value in chosen[0].headers}
    print(json.dumps(document, indent=None if as_json else 2))
    return OK


@told
def run_replay(
    *,
    action: str | None,
    reason: str | None,
    contact: str | None,
    letter: str | None,
    force: bool,
    dry_run: bool,
    as_json: bool,
    plan: Path | None = None,
) -> int:
    """The `dead-letters replay` command. Exit 5 where no worker of this layout may read replays.

    What was replayed before is left: it was accepted, or has a new letter.
    """
    settings = load()
    why = None if dry_run else asyncio.run(elsewhere(settings))
    if why is not None:
        return refused(f"CORDIAL_STREAMS_LAYOUT is {settings.layout}: {why}", FAILED)
    chosen, before = asyncio.run(_chosen(settings, Filter(action, reason, contact, letter), plan))
    kept = [one for one in chosen if one.value is not None]
    sendable = [one for one in kept if force or one.id not in before]
    if dry_run:
        _show_many(sendable, before, as_json=as_json)
    else:
        asyncio.run(replay(settings, sendable, force=force))
    said = {
        "replayed": 0 if dry_run else len(sendable),
        "would_replay": len(sendable),
        "replayed_before": len(kept) - len(sendable),
        "without_value": len(chosen) - len(kept),
    }
    if as_json:
        print(json.dumps(said))
        return OK
    print(f"{len(sendable)} {'would be replayed' if dry_run else 'replayed'}")
    print(f"{said['replayed_before']} left: they were replayed before")
    print(f"{said['without_value']} left: their value was too large to keep")
    return OK


async def _chosen(
    settings: Settings, wanted: Filter, plan: Path | None
) -> tuple[list[DeadLetter], frozenset[str]]:
    """The letters that are meant, in their order, and the ids of all that were replayed."""
    actions = instance_names(load_plan(plan))
    letters = [one async for one in read_all(settings) if wanted.takes(one)]
    return in_order(letters, actions), await replayed(settings)


def as_document(letter: DeadLetter, replayed: Container[str]) -> dict[str, Any]:
    """A letter without its bytes."""
    return {
        "id": letter.id,
        "time": datetime.fromtimestamp(letter.time / 1000, UTC).isoformat(),
        "action": letter.action,
        "reason": letter.reason,
        "field": letter.field,
        "message": letter.message,
        "contact": letter.contact,
        "messageId": letter.message_id,
        "attempts": letter.attempts,
        "status": letter.status,
        "replayTo": letter.replay_to,
        "replayed": letter.id in replayed,
    }


def _show_many(letters: list[DeadLetter], before: Container[str], *, as_json: bool) -> None:
    if as_json:
        for letter in letters:
            print(json.dumps(as_document(letter, before)))
        return
    table = Table(box=None)
    for column in ("id", "action", "reason", "field", "message", "replayed"):
        table.add_column(column, overflow="fold")
    for letter in letters:
        table.add_row(
            letter.id,
            letter.action or "event",
            letter.reason,
            letter.field or "",
            letter.message,
            "yes" if letter.id in before else "",
        )
    Console().print(table)
    print(f"{len(letters)} dead letters")


def _text(value: bytes | None) -> str | None:
    return None if value is None else value.decode("utf-8", "backslashreplace")
