"""The named functions of mappings, by theme: one file each. Pure."""

from collections.abc import Callable
from typing import Any

from streams.core.functions.dates import DATES
from streams.core.functions.declaring import Function, Noted, Refused
from streams.core.functions.hashing import HASHING
from streams.core.functions.lists import LISTS
from streams.core.functions.lookups import LOOKUPS
from streams.core.functions.names import NAMES
from streams.core.functions.numbers import NUMBERS
from streams.core.functions.objects import OBJECTS
from streams.core.functions.text import TEXT

__all__ = ["DECLARED", "FUNCTIONS", "THEMES", "Noted", "Refused"]

THEMES: dict[str, tuple[Function, ...]] = {
    "texts": TEXT,
    "numbers": NUMBERS,
    "dates": DATES,
    "lookups": LOOKUPS,
    "lists": LISTS,
    "objects": OBJECTS,
    "hashes": HASHING,
    "names": NAMES,
}
DECLARED: dict[str, Function] = {one.name: one for theme in THEMES.values() for one in theme}
FUNCTIONS: dict[str, Callable[..., Any]] = {name: one.call for name, one in DECLARED.items()}
