"""Functions of texts. Numbers are taken as their text; what comes out blank is absent."""

from typing import Annotated, Any

from streams.core.functions.declaring import LONGEST_TEXT, Kind, Refused, declared, is_text, whole
from streams.core.numerals import written

LONGEST = 1_000_000
"""No function makes a longer text."""

Some = Annotated[
    str,
    Kind(
        f"a text of 1 to {LONGEST_TEXT:,} characters", lambda value: is_text(value) and value != ""
    ),
]


def said(value: Any) -> str:
    """A text or a number as text, as it is."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Refused("must be text or a number")
    return written(value)


def text(value: Any) -> str | None:
    """Ids and names as text: a number is written out, blank is absent."""
    if type(value) is str:
        return value.strip() or None
    return said(value).strip() or None


def lower(value: Any) -> str | None:
    """In lower case."""
    return said(value).lower() or None


def upper(value: Any) -> str | None:
    """In upper case."""
    return said(value).upper() or None


def title(value: Any) -> str | None:
    """Each word with a capital, the rest of it in lower case."""
    return " ".join(word[:1].upper() + word[1:].lower() for word in said(value).split(" ")) or None


def trim(value: Any) -> str | None:
    """Without blanks around it, and with one blank between words."""
    return " ".join(said(value).split()) or None


def prefix(value: Any, *, by: Some) -> str | None:
    """With `by` in front, unless it begins so."""
    made = said(value)
    return (made if not made or made.startswith(by) else by + made) or None


def suffix(value: Any, *, by: Some) -> str | None:
    """With `by` at the end, unless it ends so."""
    made = said(value)
    return (made if not made or made.endswith(by) else made + by) or None


def replace(value: Any, *, find: Some, by: str) -> str | None:
    """Each `find` becomes `by`; upper and lower case differ."""
    made = said(value)
    if len(made) + made.count(find) * (len(by) - len(find)) > LONGEST:
        raise Refused(f"would be longer than {LONGEST:,} characters")
    return made.replace(find, by) or None


def cut(value: Any, *, length: Annotated[int, whole(1, LONGEST)], ending: str = "") -> str | None:
    """At most `length` characters, the last of them `ending` where something was cut."""
    made = said(value)
    if len(made) > length:
        made = made[: max(length - len(ending), 0)] + ending[:length]
    return made or None


def join(value: Any, *, by: str = ", ") -> str | None:
    """The members of a list as one text; absent ones are left out."""
    if not isinstance(value, list):
        raise Refused("must be a list")
    return _together(value, by)


def concat(value: Any, *, by: str = "") -> str | None:
    """The fields of an object as one text, in their order; absent ones are left out."""
    if not isinstance(value, dict):
        raise Refused("must be an object")
    return _together(list(value.values()), by)


def split(value: Any, *, by: Some) -> list[str] | None:
    """The parts between the `by`, without blanks around them; blank ones are left out."""
    return [part.strip() for part in said(value).split(by) if part.strip()] or None


def _together(members: list[Any], by: str) -> str | None:
    parts = [part for member in members if member is not None and (part := said(member))]
    if sum(map(len, parts)) + len(parts) * len(by) > LONGEST:
        raise Refused(f"would be longer than {LONGEST:,} characters")
    return by.join(parts) or None


TEXT = (
    declared(text, 42, "42"),
    declared(lower, "Linen Shirt", "linen shirt"),
    declared(upper, "eur", "EUR"),
    declared(title, "ana MARÍA ruiz", "Ana María Ruiz"),
    declared(trim, "  Linen   shirt ", "Linen shirt"),
    declared(prefix, "77", "segment_77", by="segment_"),
    declared(suffix, "DE", "DE store", by=" store"),
    declared(replace, "TSH-RED-M", "TSH/RED/M", find="-", by="/"),
    declared(cut, "Linen shirt", "Linen…", length=6, ending="…"),
    declared(join, ["red", "blue"], "red | blue", by=" | "),
    declared(concat, {"first": "Ana", "last": "Ruiz"}, "Ana Ruiz", by=" "),
    declared(split, "red; blue", ["red", "blue"], by=";"),
)
