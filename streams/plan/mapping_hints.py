"""What an operator probably meant by what is no mapping: how other tools write it. Pure."""

import re
from collections.abc import Mapping
from typing import Any

from streams.core.functions import DECLARED

PLAIN = r"[\w$.-]+"
CALL = re.compile(rf"(\w+)\(\s*({PLAIN})\s*\)")
PIPE = re.compile(rf"({PLAIN})\s*\|\s*(\w+)")
PLACE = re.compile(r"\[(\d+)\]")
MEMBERS = re.compile(r"\[\*?\]")
NUMBERED = re.compile(r"(?<=\.)\d+(?=\.|$)")

FALLBACK = "write [path, {const: …}]: the first that gives something"
CHOICE = "write {when: condition, use: mapping}, in a list with what else it is"
FUNCTIONS = {
    "append": "suffix",
    "array": "one",
    "capitalize": "title",
    "capitalise": "title",
    "case": "lookup",
    "cents": "from_minor_units",
    "concatenate": "concat",
    "count": "length",
    "datetime": "date",
    "distinct": "unique",
    "downcase": "lower",
    "format": "date",
    "hash": "sha256",
    "int": "number",
    "float": "number",
    "lowercase": "lower",
    "map": "lookup",
    "prepend": "prefix",
    "size": "length",
    "str": "text",
    "string": "text",
    "strip": "trim",
    "substring": "cut",
    "switch": "lookup",
    "template": "concat",
    "truncate": "cut",
    "upcase": "upper",
    "uppercase": "upper",
}
"""What functions are called elsewhere, and here."""
FALLBACKS = ("default", "coalesce", "fallback", "ifnull", "firstof")


def function_hint(name: str) -> str:
    """What a function is called here; empty where that is not known."""
    plain = name.lower().replace("_", "").removeprefix("to")
    if plain in FALLBACKS:
        return FALLBACK
    if plain in ("if", "when"):
        return CHOICE
    known = plain if plain in DECLARED else FUNCTIONS.get(plain)
    return f"did you mean {known}?" if known else ""


def word_hint(word: str, name: str) -> str:
    """What to write in place of `name` beside a word."""
    if word == "when" and name in ("then", "else", "value"):
        return "write use:" if name != "else" else CHOICE
    return "write as:" if word == "each" and name in ("map", "use", "item", "do") else ""


def choice_hint(spec: Mapping[Any, Any]) -> tuple[str, str] | None:
    """What is wrong and the remedy, where it is an if and then."""
    return ("has if: and then:", CHOICE) if {"if", "then"} <= {*spec} else None


def meant(text: str, *, any_member: bool = False) -> str:
    """What to write in its place; empty where nothing is near.

    `any_member`: `*` may stand for any member of a list.
    """
    if found := CALL.fullmatch(text):
        return _function(found[1], found[2])
    if found := PIPE.fullmatch(text):
        return _function(found[2], found[1])
    if any_member:
        starred = NUMBERED.sub("*", MEMBERS.sub(".*", PLACE.sub(".*", text)))
        return f"write {starred}" if starred != text else ""
    placed = PLACE.sub(r".\1", re.sub(r"(\[\*?\]|\.\*)$", "", text))
    if MEMBERS.search(placed) or ".*" in placed:
        return "of each member of a list it is {each: …, as: …}, of the first it is .0"
    return f"write {placed}" if placed != text else ""


def _function(name: str, path: str) -> str:
    known = name if name in DECLARED else "…"
    return f"write {{fn: {known}, of: {path}}}"
