"""Makes what a sender put into traits, properties and context fit for the rest of the way.

Plain dicts and lists come out, with finite numbers and clean strings; whatever is changed or left
out is noted by its path, never by its value. Strings of any length are kept: the size of the whole
event is bounded before. Pure.
"""

import math
import re
from collections.abc import Mapping
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from streams.core.activities import RENAMED, free, strips
from streams.core.activities import mended as mended_name
from streams.core.event import Note

MAX_DEPTH = 20
MAX_MEMBERS = 1_000
MAX_ITEMS = 10_000
MAX_NOTES = 50
MAX_PATH = 200
LONGS = range(-(2**63), 2**63)

TOO_DEEP = f"left out: nested deeper than {MAX_DEPTH}"
TOO_MANY = f"only the first {MAX_MEMBERS} in name order kept"
TOO_MANY_ITEMS = f"only the first {MAX_ITEMS} items kept"
NOT_FINITE = "left out: not a finite number"
TOO_LONG_INT = "integer beyond 64 bits written as a floating number"
NUL_REMOVED = "NUL removed"
SURROGATE = "invalid characters replaced"
ARRAY_WRAPPED = "array in an array put into an object as items"
BYTES = "left out: bytes"
LESS_EXACT = "decimal written as a floating number, which is less exact"
UNKNOWN = "left out: no JSON value"

_SURROGATES = re.compile("[\ud800-\udfff]+")
_LEFT_OUT: Final = object()


class Cleaner:
    """Cleans the parts of one event and collects the notes.

    `wrapped` says that objects come as the Avro record `Object`: `{"fields": {…}}`.
    """

    __slots__ = ("_notes", "_untold", "_wrapped")

    def __init__(self, *, wrapped: bool) -> None:
        self._wrapped = wrapped
        self._notes: list[Note] = []
        self._untold = 0

    @property
    def notes(self) -> tuple[Note, ...]:
        """What was changed so far: the first ones, and how many more."""
        if not self._untold:
            return tuple(self._notes)
        return (*self._notes, Note("", f"{self._untold} more notes left out"))

    def note(self, path: str, what: str) -> None:
        """Remember that something was changed at a path."""
        if len(self._notes) < MAX_NOTES:
            printable = _SURROGATES.sub("\ufffd", path[:MAX_PATH]).replace("\0", "")
            self._notes.append(Note(printable, what))
        else:
            self._untold += 1

    def text(self, value: str, path: str) -> str:
        """The string without NUL and lone surrogates."""
        if "\0" in value:
            self.note(path, NUL_REMOVED)
            value = value.replace("\0", "")
        if not value.isascii() and _SURROGATES.search(value):
            self.note(path, SURROGATE)
            value = _SURROGATES.sub("\ufffd", value)
        return value

    def members(
        self, value: Mapping[str, Any], path: str, *, rename: bool = False, depth: int = 1
    ) -> dict[str, Any]:
        """The members of an object, cleaned. `rename` mends names that Cordial would strip."""
        if self._wrapped:
            value = _unwrapped(value)
        names = list(value) if len(value) <= MAX_MEMBERS else self._first(value, path)
        kept: dict[str, Any] = {}
        for name in names:
            member = value[name]
            kind = type(member)
            if kind is str:
                if "\0" in member or not member.isascii():
                    member = self.text(member, f"{path}.{name}")
            elif kind is not bool and member is not None:
                member = self._value(member, f"{path}.{name}", rename=rename, depth=depth)
                if member is _LEFT_OUT:
                    continue
            if not name.isidentifier():
                name = self._name(name, path, value, kept, rename=rename)
            kept[name] = member
        return kept

    def _first(self, value: Mapping[str, Any], path: str) -> list[str]:
        self.note(path, TOO_MANY)
        return sorted(value)[:MAX_MEMBERS]

    def _value(self, value: Any, path: str, *, rename: bool, depth: int) -> Any:
        """A value that is neither text, boolean nor null; or the sign that it is left out."""
        kind = type(value)
        if kind is int:
            return value if value in LONGS else self._long(value, path)
        if kind is float:
            return value if math.isfinite(value) else self._left_out(path, NOT_FINITE)
        if kind is dict or kind is list or isinstance(value, Mapping | list | tuple):
            if depth >= MAX_DEPTH:
                return self._left_out(path, TOO_DEEP)
            if kind is dict or isinstance(value, Mapping):
                return self.members(value, path, rename=rename, depth=depth + 1)
            return self._items(value, path, rename=rename, depth=depth + 1)
        return self._logical(value, path)

    def _items(
        self, values: list[Any] | tuple[Any, ...], path: str, *, rename: bool, depth: int
    ) -> list[Any]:
        if len(values) > MAX_ITEMS:
            self.note(path, TOO_MANY_ITEMS)
        kept = []
        for index, item in enumerate(values[:MAX_ITEMS]):
            value = item
            if type(value) is str:
                value = self.text(value, f"{path}[{index}]")
            elif type(value) is not bool and value is not None:
                at = f"{path}[{index}]"
                value = self._value(value, at, rename=rename, depth=depth)
                if value is _LEFT_OUT:
                    continue
                if type(value) is list:
                    self.note(at, ARRAY_WRAPPED)
                    value = {"items": value}
            kept.append(value)
        return kept

    def _logical(self, value: Any, path: str) -> Any:
        """What an Avro logical type or a foreign decoder gives, as JSON has it."""
        if isinstance(value, datetime | date | time):
            return value.isoformat()
        if isinstance(value, Decimal):
            return self._decimal(value, path)
        if isinstance(value, UUID):
            return str(value)
        return self._left_out(path, BYTES if isinstance(value, bytes) else UNKNOWN)

    def _decimal(self, value: Decimal, path: str) -> Any:
        number = float(value) if value.is_finite() else math.inf
        if not math.isfinite(number):
            return self._left_out(path, NOT_FINITE)
        if Decimal(repr(number)) != value:
            self.note(path, LESS_EXACT)
        return number

    def _long(self, value: int, path: str) -> Any:
        try:
            number = float(value)
        except OverflowError:
            return self._left_out(path, NOT_FINITE)
        self.note(path, TOO_LONG_INT)
        return number

    def _left_out(self, path: str, what: str) -> Any:
        self.note(path, what)
        return _LEFT_OUT

    def _name(
        self,
        name: str,
        path: str,
        taken: Mapping[str, Any],
        kept: Mapping[str, Any],
        *,
        rename: bool,
    ) -> str:
        mended = self.text(name, f"{path}.{name}")
        if rename and strips(mended):
            self.note(f"{path}.{mended}", RENAMED)
            mended = mended_name(mended)
        return mended if mended == name else free(mended, taken, kept)


def _unwrapped(value: Mapping[str, Any]) -> Mapping[str, Any]:
    """The members of an Avro `Object`; a plain mapping stays as it is."""
    inner = value.get("fields") if len(value) == 1 else None
    return inner if type(inner) is dict or isinstance(inner, Mapping) else value
