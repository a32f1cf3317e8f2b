"""Sending dead letters again.

They go through `<prefix>.replays`, to the partition they came from, with the letter's id in
`x-replay-of`, in their original order.
"""

from collections.abc import Iterable, Sequence

from aiokafka import AIOKafkaProducer

from streams.core.records import DeadLetter
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
from streams.kafka.names import Names, names_of
from streams.kafka.reading import read_topic
from streams.settings import Settings

OURS = (REPLAY_OF, REPLAY_ACTION, REPLAY_COMMAND, REPLAY_POSITION, FORCED)


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


def in_order(letters: Iterable[DeadLetter], actions: Sequence[str]) -> list[DeadLetter]:
    """As their events stand on the bus, and those of one event as its commands would leave.

    `actions` are the names of all instances in that order. Each letter once however often it was
    written.
    """
    ranks = {name: rank for rank, name in enumerate(actions, start=1)}

    def place(letter: DeadLetter) -> tuple[int, str, int, int]:
        at = letter.position or letter
        return letter.partition, at.topic, at.offset, ranks.get(letter.action or "", 0)

    by_id = {letter.id: letter for letter in letters}
    return sorted(by_id.values(), key=place)


async def replayed(settings: Settings) -> frozenset[str]:
    """The ids of the letters that were sent again: what became of each is told elsewhere."""
    topic = names_of(settings).replays
    headers = [record.headers async for record in read_topic(settings, topic)]
    return frozenset(
        value.decode(errors="replace")
        for pairs in headers
        for name, value in pairs
        if name == REPLAY_OF and value is not None
    )


async def replay(settings: Settings, letters: list[DeadLetter], *, force: bool) -> None:
    """Send the letters again, one after the other."""
    names = names_of(settings)
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
