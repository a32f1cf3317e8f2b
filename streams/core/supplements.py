"""Supplement records: ids that Cordial takes, and a guard against records older than those sent.

| a record                                        | then                                  |
|-------------------------------------------------|---------------------------------------|
| whose id is 24 hexadecimal digits               | gets a prefix, said in the receipt    |
| whose update date is older than what was sent   | is left out, said in the receipt      |
| without an update date                          | is sent: the last writer wins         |

Where all records of a command are older it is suppressed as `stale`. What is known goes by
contact, supplement and id; two contacts that tell one record do not know of each other, and
Cordial compares the dates once more. Pure.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from hashlib import blake2b
from typing import Any

from streams.core.event import Note
from streams.core.numerals import written
from streams.core.times import Moment, moment

TABLE = "supplements"
OBJECT_ID = re.compile(r"[0-9a-fA-F]{24}")
PREFIX = "id-"
PREFIXED = "has 24 hexadecimal digits, which Cordial refuses; written with a prefix"
OLDER = "is older than what was sent before; left out"
RECORDS = "records"


@dataclass(frozen=True, slots=True)
class Row:
    """The newest update date of a record that was sent, in milliseconds since 1970 UTC.

    `partition` is that of the contact, for forgetting.
    """

    updated: int
    partition: int


@dataclass(frozen=True, slots=True)
class Lacking:
    """A record that cannot be sent. `missing`: it has no id at all."""

    field: str
    message: str
    missing: bool


@dataclass(frozen=True, slots=True)
class Kept:
    """The records that are not older than what was sent, and their dates by key."""

    body: dict[str, Any]
    notes: tuple[Note, ...]
    rows: Mapping[str, Row]

    @property
    def nothing(self) -> bool:
        """Whether none is left."""
        return not self.body.get(RECORDS)


def fit(body: dict[str, Any], said: list[Note], *, prefix: str) -> Lacking | None:
    """Give every record of a body an id that Cordial takes."""
    records = body.get(RECORDS)
    made = []
    for index, record in enumerate(records if isinstance(records, list) else ()):
        at = f"{RECORDS}[{index}]"
        if not isinstance(record, dict):
            return Lacking(at, f"{at} must be an object", missing=False)
        value = record.get("id")
        if value is None or value == "":
            return Lacking(f"{at}.id", "a record has no id", missing=True)
        if type(value) is float and value.is_integer():
            value = written(value)
        if isinstance(value, bool) or not isinstance(value, str | int):
            return Lacking(f"{at}.id", f"{at}.id must be a text or a whole number", missing=False)
        text = str(value).strip()
        if OBJECT_ID.fullmatch(text):
            said.append(Note(f"{at}.id", PREFIXED))
            text = f"{prefix}{text}"
        made.append({**record, "id": text})
    if made:
        body[RECORDS] = made
    return None


def keys_of(contact: str, body: Mapping[str, Any]) -> Iterator[str]:
    """The keys of the rows that concern a body."""
    for _, record_id, _ in _dated(body):
        yield key_of(contact, str(body.get("supplement")), record_id)


def key_of(contact: str, supplement: str, record_id: str) -> str:
    """The key of a record's row: a hash, so that the table holds no contact."""
    text = f"{contact}\0{supplement}\0{record_id}"
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def newer(
    contact: str, body: Mapping[str, Any], known: Mapping[str, Row], partition: int, *, all_: bool
) -> Kept:
    """The body without what is older than the known dates; with everything where `all_` is."""
    rows: dict[str, Row] = {}
    older: set[int] = set()
    for index, record_id, updated in _dated(body):
        key = key_of(contact, str(body.get("supplement")), record_id)
        before = rows.get(key) or known.get(key)
        if before is not None and updated < before.updated and not all_:
            older.add(index)
        else:
            rows[key] = later(before, Row(updated, partition))
    if not older:
        return Kept(dict(body), (), rows)
    left = [one for index, one in enumerate(body[RECORDS]) if index not in older]
    notes = tuple(Note(f"{RECORDS}[{index}]", OLDER) for index in sorted(older))
    return Kept({**body, RECORDS: left}, notes, rows)


def later(row: Row | None, said: Row) -> Row:
    """The row with a date that was sent."""
    return said if row is None else replace(said, updated=max(row.updated, said.updated))


def _dated(body: Mapping[str, Any]) -> Iterator[tuple[int, str, int]]:
    """Place, id and update date of the records that have both."""
    field, records = body.get("updatedDateField"), body.get(RECORDS)
    if not isinstance(field, str) or not isinstance(records, list):
        return
    for index, record in enumerate(records):
        if isinstance(record, Mapping) and record.get("id") is not None:
            updated = moment(record.get(field))
            if isinstance(updated, Moment):
                yield index, str(record["id"]), updated.ms
