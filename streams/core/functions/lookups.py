"""Functions that look a value up: in a table of the plan, or among words."""

from typing import Annotated, Any

from streams.core.functions.declaring import Kind, Refused, declared, is_number, is_text
from streams.core.functions.text import said


def _is_plain(value: Any) -> bool:
    return isinstance(value, bool) or is_text(value) or is_number(value)


Table = Annotated[
    dict[str, Any],
    Kind(
        "a table of texts, numbers or flags, with its names in quotes where they are no texts",
        lambda value: (
            isinstance(value, dict)
            and bool(value)
            and all(map(is_text, value))
            and all(map(_is_plain, value.values()))
        ),
    ),
]
Plain = Annotated[Any, Kind("a text, a number, true or false", _is_plain)]

YES = ("yes", "y", "true", "on", "1")
NO = ("no", "n", "false", "off", "0")
Words = Annotated[
    list[str] | tuple[str, ...],
    Kind(
        "a list of texts",
        lambda value: isinstance(value, list) and bool(value) and all(map(is_text, value)),
    ),
]


def lookup(value: Any, *, table: Table, default: Plain = None) -> Any:
    """What `table` has for it; `default` for what it has not, else absent."""
    key = str(value).lower() if isinstance(value, bool) else said(value)
    return table.get(key, default)


def boolean(value: Any, *, yes: Words = YES, no: Words = NO) -> bool:
    """Words for yes and no as true and false, in whatever case."""
    if isinstance(value, bool):
        return value
    word = said(value).strip().lower()
    if word in yes:
        return True
    if word in no:
        return False
    raise Refused("is no word for yes or no")


LOOKUPS = (
    declared(lookup, "DE", "Germany", table={"DE": "Germany", "FR": "France"}, default="elsewhere"),
    declared(boolean, "Yes", True),
)
