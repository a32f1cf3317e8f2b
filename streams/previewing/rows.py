"""The rows of a worker's tables that concern some events: which they are, and reading them.

Only rows of what these events would tell are kept, however large a table is. Nothing is changed,
and a changelog that is not there is not made.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from aiokafka.errors import UnknownTopicOrPartitionError

from streams.core.compiled import CompiledPlan
from streams.core.decisions import seen_key
from streams.core.event import Event
from streams.core.memberships import GROUPS, group_id_of
from streams.core.routed import Filtered
from streams.core.routing import route
from streams.core.supplements import keys_of
from streams.kafka.codec import Codec
from streams.kafka.learned_rows import decode_row
from streams.kafka.names import names_of
from streams.kafka.reading import read_topic
from streams.kafka.tables import order_key
from streams.settings import Settings
from streams.tracing.history import History

OF_CONTACTS = ("identities", "profiles", "consent", "memberships")
LEARNED = (*OF_CONTACTS, "groups", "supplements")
READ = ("seen", "orders", *LEARNED)
"""The tables that are read, of those that there are."""
MOST = 5_000_000
"""Records of one changelog that are read at most."""
STEP = 100_000
"""Records after which a line says how far it is."""


class RowError(Exception):
    """A row of a table cannot be read."""


@dataclass(slots=True)
class Rows:
    """The rows by table and key; which tables have no changelog, and which were not read whole."""

    by_table: dict[str, dict[bytes, bytes]] = field(default_factory=dict)
    missing: list[str] = field(default_factory=list)
    cut: list[str] = field(default_factory=list)


def wanted_rows(events: Iterable[tuple[Event, str]], plan: CompiledPlan) -> dict[str, set[bytes]]:
    """The keys of the rows that decide what becomes of events of these sources, by table."""
    keys: dict[str, set[bytes]] = {table: set() for table in READ}
    for event, source in events:
        try:
            routed = route(event, plan, source)
        except Exception:  # noqa: BLE001, S112 - the preview itself tells of it
            continue
        for command in () if isinstance(routed, Filtered) else routed.commands:
            contact, body = command.contact, command.body
            keys["seen"].add(seen_key(contact, command.message_id, command.action))
            keys["orders"].add(order_key(contact, str(body.get("orderID", ""))))
            group = group_id_of(body)
            keys[GROUPS] |= {group.encode()} if group is not None else set()
            keys["supplements"].update(key.encode() for key in keys_of(contact, body))
            for table in OF_CONTACTS:
                keys[table].add(contact.encode())
    return keys


async def read_rows(
    settings: Settings, wanted: dict[str, set[bytes]], say: Callable[[str], None]
) -> Rows:
    """Those rows as they are now. Raises aiokafka's errors."""
    names, rows = names_of(settings), Rows()
    for table, keys in wanted.items():
        topic = names.changelog(table)
        found: dict[bytes, bytes] = {}
        count = 0
        try:
            async for record in read_topic(settings, topic):
                count += 1
                if record.key in keys:
                    _keep(found, record.key, record.value)
                if count % STEP == 0:
                    say(f"{topic}: {count:,} records")
                if count >= MOST:
                    rows.cut.append(table)
                    break
        except UnknownTopicOrPartitionError:
            rows.missing.append(table)
            continue
        rows.by_table[table] = found
        say(f"{topic}: {count:,} records, {len(found):,} rows of these events")
    return rows


def _keep(found: dict[bytes, bytes], key: bytes, value: bytes | None) -> None:
    if value is None:
        found.pop(key, None)
    else:
        found[key] = value


def lay(rows: Rows, history: History, codec: Codec) -> None:
    """Begin a history with these rows. Raises `RowError`."""
    try:
        _lay(rows.by_table, history, codec)
    except ValueError as error:
        raise RowError(str(error)) from error


def _lay(by_table: Mapping[str, dict[bytes, bytes]], history: History, codec: Codec) -> None:
    for key, raw in by_table.get("seen", {}).items():
        history.seen[key] = codec.decode_seen(raw)
    for raw in by_table.get("orders", {}).values():
        order = codec.decode_order(raw)
        history.orders[order.contact, str(order.body["orderID"])] = order
    for table in LEARNED:
        for key, raw in by_table.get(table, {}).items():
            history.learned[table, key.decode()] = decode_row(table, raw)


def known(rows: Rows) -> dict[str, Any]:
    """What was read, for a report."""
    return {
        "rows": {table: len(found) for table, found in rows.by_table.items()},
        "missing": list(rows.missing),
        "cut": list(rows.cut),
    }
