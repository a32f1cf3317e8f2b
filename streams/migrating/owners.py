"""Whose the rows are whose keys are hashes: the topics say that have contacts in the clear.

| table         | its key is a hash of             | said by                                |
|---------------|----------------------------------|----------------------------------------|
| `seen`        | contact, message id, action      | receipts, each durable before its row  |
| `supplements` | contact, supplement, record      | the commands of supplements            |

Where these were deleted since an earlier run, its copy of the row says it: it stands there already.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from streams.core.action_names import SUPPLEMENT
from streams.core.command import Command
from streams.core.decisions import seen_key
from streams.core.records import Receipt
from streams.core.supplements import keys_of
from streams.kafka.codec import Codec
from streams.kafka.hops import lane_of
from streams.kafka.names import names_of
from streams.migrating.moving import HASHED
from streams.migrating.spans import Reader, Span
from streams.settings import Settings

AGAIN = 2_000
"""Records of each partition that are read once more."""


@dataclass(slots=True)
class Owners:
    """The new partitions of the rows of `HASHED`.

    `actions` are Cordial's words for the actions of the plan, by the names of their instances.
    """

    settings: Settings
    new: Settings
    reader: Reader
    actions: Mapping[str, str]
    partitions: int
    found: dict[str, dict[bytes, int]] = field(default_factory=lambda: {one: {} for one in HASHED})
    _sought: dict[str, set[bytes]] = field(default_factory=lambda: {one: set() for one in HASHED})
    _new: dict[str, set[bytes]] = field(default_factory=lambda: {one: set() for one in HASHED})
    _read: dict[str, dict[int, int]] = field(default_factory=dict)
    _asked_copies: set[str] = field(default_factory=set)
    _codec: Codec = field(default_factory=Codec)

    def seek(self, table: str, key: bytes) -> None:
        """It is to be known whose this row is."""
        if key not in self.found[table] and key not in self._sought[table]:
            self._sought[table].add(key)
            self._new[table].add(key)

    async def look(self, table: str) -> None:
        """Read what says so: what is new, and everything where a new row needs it.

        A row may stand a moment behind what says whose it is. Raises aiokafka's errors.
        """
        in_part = [topic for topic in self._topics(table) if topic in self._read]
        for topic in self._topics(table):
            starts = {number: at - AGAIN for number, at in self._read.get(topic, {}).items()}
            await self._scan(table, topic, starts)
        if self._new[table] & self._sought[table]:
            for topic in in_part:
                await self._scan(table, topic, {})
        if self._sought[table] and table not in self._asked_copies:
            await self._ask_copies(table)
        self._new[table].clear()

    async def _scan(self, table: str, topic: str, starts: Mapping[int, int]) -> None:
        sought, found = self._sought[table], self.found[table]
        if not sought:
            return
        span = Span(self.reader, topic, starts)
        async for record in span.records():
            for contact, key in self._said(table, record.value):
                if key in sought:
                    sought.discard(key)
                    found[key] = lane_of(contact.encode(), self.partitions)
        self._read[topic] = span.ends

    async def _ask_copies(self, table: str) -> None:
        """Those of earlier runs, so once is enough."""
        self._asked_copies.add(table)
        sought, found = self._sought[table], self.found[table]
        async for record in Span(self.reader, names_of(self.new).changelog(table)).records():
            if record.value is not None and record.key in sought:
                sought.discard(record.key)
                found[record.key] = record.partition

    def _topics(self, table: str) -> list[str]:
        names = names_of(self.settings)
        if table == "seen":
            return [names.receipts]
        return [names.action(name) for name, one in self.actions.items() if one == SUPPLEMENT]

    def _said(self, table: str, value: Any) -> Iterator[tuple[str, bytes]]:
        if table == "seen":
            receipt = self._codec.decode_receipt(value)
            return self._of_receipt(receipt) if isinstance(receipt, Receipt) else iter(())
        command = self._codec.decode_command(value)
        return _of_command(command) if isinstance(command, Command) else iter(())

    def _of_receipt(self, receipt: Receipt) -> Iterator[tuple[str, bytes]]:
        contact, name = receipt.contact, receipt.action
        if contact is None or name is None:
            return
        yield contact, seen_key(contact, receipt.message_id or "", name)
        yield contact, seen_key(contact, "", self.actions.get(name, name))


def _of_command(command: Command) -> Iterator[tuple[str, bytes]]:
    for key in keys_of(command.contact, command.body):
        yield command.contact, key.encode()
