"""`dead-letters list | show | replay`: what could not be delivered, and sending it again.

Letters are replayed through `<prefix>.replays`, to the partition they came from, with the letter's
id in `x-replay-of`, in their original order. Reading changes nothing: no group, no offset is kept.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError
from rich.console import Console
from rich.table import Table

from streams.actions import ACTIONS
from streams.core.records import DeadLetter
from streams.kafka.codec import Codec
from streams.kafka.connection import client_options
from streams.kafka.load import (
    FORCED,
    REPLAY_ACTION,
    REPLAY_COMMAND,
    REPLAY_OF,
    REPLAY_POSITION,
    SOURCE_OFFSET,
    SOURCE_PARTITION,
    SOURCE_TOPIC,
    position_header,
)
from streams.kafka.names import Names
from streams.kafka.reading import read_topic
from streams.settings import Settings, load

OURS = (REPLAY_OF, REPLAY_ACTION, REPLAY_COMMAND, REPLAY_POSITION, FORCED)


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


def replay_headers(
    letter: DeadLetter, names: Names, *, force: bool
) -> list[tuple[str, bytes | None]]:
    """The original headers with those of a replay, and where the record stood on the bus."""
    given = dict(letter.headers)
    headers = [(name, value) for name, value in letter.headers if name not in OURS]
    headers.append((REPLAY_OF, letter.id.encode()))
    if letter.action is not None:
        own = letter.topic == names.action(letter.action) or REPLAY_COMMAND in given
        headers.append((REPLAY_COMMAND if own else REPLAY_ACTION, letter.action.encode()))
    if letter.position is not None:
        headers.append((REPLAY_POSITION, position_header(letter.position)))
    if not given.keys() >= {SOURCE_TOPIC, SOURCE_PARTITION, SOURCE_OFFSET}:
        headers.append((SOURCE_TOPIC, letter.topic.encode()))
        headers.append((SOURCE_PARTITION, str(letter.partition).encode()))
        headers.append((SOURCE_OFFSET, str(letter.offset).encode()))
    if force:
        headers.append((FORCED, b"1"))
    return headers


def in_order(letters: Iterable[DeadLetter]) -> list[DeadLetter]:
    """As their events stand on the bus, and those of one event as its commands would leave.

    Each letter once however often it was written.
    """
    by_id = {letter.id: letter for letter in letters}
    return sorted(by_id.values(), key=_place)


def _place(letter: DeadLetter) -> tuple[int, str, int, tuple[int, str]]:
    position = letter.position
    topic, offset = (letter.topic, letter.offset)
    if position is not None:
        topic, offset = (position.topic, position.offset)
    action = ACTIONS.get(letter.action or "")
    return (letter.partition, topic, offset, action.order if action else (0, ""))


async def read_all(settings: Settings) -> AsyncIterator[DeadLetter]:
    """Every dead letter that the topic holds now."""
    codec = Codec()
    async for record in read_topic(settings, Names(settings.prefix, settings.app_id).dead_letters):
        letter = codec.decode_dead_letter(record.value)
        if isinstance(letter, DeadLetter):
            yield letter


async def replay(settings: Settings, letters: list[DeadLetter], *, force: bool) -> None:
    """Send the letters again, one after the other."""
    names = Names(settings.prefix, settings.app_id)
    producer = AIOKafkaProducer(
        acks="all", enable_idempotence=True, **client_options(settings.kafka)
    )
    await producer.start()
    try:
        for letter in letters:
            await producer.send_and_wait(
                letter.replay_to,
                value=letter.value,
                key=letter.key,
                partition=letter.partition,
                headers=replay_headers(letter, names, force=force),
            )
    finally:
        await producer.stop()


def run_list(*, action: str | None, reason: str | None, contact: str | None, as_json: bool) -> int:
    """The `dead-letters list` command."""
    chosen = _chosen(Filter(action, reason, contact))
    if chosen is None:
        return 4
    _show_many(chosen, as_json=as_json)
    return 0


def run_show(letter_id: str, *, as_json: bool) -> int:
    """The `dead-letters show` command. Exit 5 where there is no such letter."""
    chosen = _chosen(Filter(letter=letter_id))
    if chosen is None:
        return 4
    if not chosen:
        Console(stderr=True).print(f"no dead letter has the id {letter_id}; see `list`")
        return 5
    document = as_document(chosen[0])
    document["value"] = _text(chosen[0].value)
    document["headers"] = {name: _text(value) for name, value in chosen[0].headers}
    print(json.dumps(document, indent=None if as_json else 2))
    return 0


def run_replay(
    *,
    action: str | None,
    reason: str | None,
    contact: str | None,
    letter: str | None,
    force: bool,
    dry_run: bool,
    as_json: bool,
) -> int:
    """The `dead-letters replay` command."""
    chosen = _chosen(Filter(action, reason, contact, letter))
    if chosen is None:
        return 4
    sendable = [one for one in chosen if one.value is not None]
    if dry_run:
        _show_many(sendable, as_json=as_json)
    else:
        asyncio.run(replay(load(), sendable, force=force))
    left = len(chosen) - len(sendable)
    said = {"replayed": 0 if dry_run else len(sendable), "would_replay": len(sendable)}
    if as_json:
        print(json.dumps({**said, "without_value": left}))
    else:
        verb = "would be replayed" if dry_run else "replayed"
        print(f"{len(sendable)} {verb}, {left} left: their value was too large to keep")
    return 0


def _chosen(wanted: Filter) -> list[DeadLetter] | None:
    async def collect() -> list[DeadLetter]:
        return [one async for one in read_all(load()) if wanted.takes(one)]

    try:
        return in_order(asyncio.run(collect()))
    except KafkaError as error:
        said = f"the broker does not answer ({type(error).__name__}); look at kafka.bootstrap"
        Console(stderr=True).print(said)
        return None


def as_document(letter: DeadLetter) -> dict[str, Any]:
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
    }


def _show_many(letters: list[DeadLetter], *, as_json: bool) -> None:
    if as_json:
        for letter in letters:
            print(json.dumps(as_document(letter)))
        return
    table = Table(box=None)
    for column in ("id", "action", "reason", "field", "message"):
        table.add_column(column, overflow="fold")
    for letter in letters:
        table.add_row(
            letter.id, letter.action or "event", letter.reason, letter.field or "", letter.message
        )
    Console().print(table)
    print(f"{len(letters)} dead letters")


def _text(value: bytes | None) -> str | None:
    return None if value is None else value.decode("utf-8", "backslashreplace")
