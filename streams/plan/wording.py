"""What is wrong with the type or the size of a value, in words of a plan's author."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from streams.plan.places import nearest

Said = tuple[str, str]
"""What is wrong, and the remedy."""

NOT_BELOW = "has nothing below it", "give it something, or leave it out"
NO_MAPPING = "is no mapping", "write names with a colon, each with its value"
COMMAS = (
    "in braces a comma ends a value: a number has a point, a text with a comma stands in quotes"
)
HUNDRED = 100
PERCENT = re.compile(r"\d+(?:\.\d+)?\s*%")
POINT = re.compile(r"\d+\.\d+")
QUOTED = re.compile(r"'([^']*)'")


def worded(kind: str, given: Any, message: str, context: Mapping[str, Any]) -> Said:
    """The validator's `kind` of error and its message as what is wrong, and the remedy."""
    if given is None and kind.endswith("_type"):
        return NOT_BELOW
    if kind == "literal_error":
        return _no_word(given, str(context.get("expected", "")))
    known = SAID.get(kind)
    return known(given, context) if known is not None else (message.lower(), "")


def _no_word(given: Any, expected: str) -> Said:
    words = QUOTED.findall(expected)
    if not words:
        return f"can be {expected.lower()} alone", "write that, or leave it out"
    near = nearest(str(given), words)
    said = f"{given} is" if isinstance(given, str) else "is"
    return (
        f"{said} not possible",
        f"did you mean {near}?" if near else f"known are {', '.join(words)}",
    )


def _list(given: Any, context: Mapping[str, Any]) -> Said:
    plain = isinstance(given, str | int | float) and not isinstance(given, bool)
    return "is no list", f"write [{given}]" if plain else "write each member behind a dash"


def _flag(given: Any, context: Mapping[str, Any]) -> Said:
    quoted = isinstance(given, str) and given.lower() in ("true", "false", "yes", "no")
    return "is neither true nor false", "write it without quotes" if quoted else ""


def _number(what: str) -> Callable[[Any, Mapping[str, Any]], Said]:
    def said(given: Any, context: Mapping[str, Any]) -> Said:
        if not isinstance(given, str):
            return f"is no {what}", ""
        if given.replace(".", "", 1).isdigit():
            return f"is no {what}", "write it without quotes"
        return f"is no {what}", _meant(given)

    return said


def _meant(given: str) -> str:
    """The number that a text with a comma or a percent sign stands for."""
    plain = given.strip().replace(",", ".", 1)
    if PERCENT.fullmatch(plain):
        return f"write {float(plain.rstrip('% ')) / 100:g}"
    return f"write {plain}" if "," in given and POINT.fullmatch(plain) else ""


def _above(given: Any, context: Mapping[str, Any]) -> Said:
    most, percent = context["le"], isinstance(given, int | float) and 1 < given <= HUNDRED
    meant = f"write {given / HUNDRED:g} for {given:g} in a hundred"
    return f"is more than {most:g}", meant if most == 1 and percent else ""


SAID: dict[str, Callable[[Any, Mapping[str, Any]], Said]] = {
    "model_type": lambda given, context: NO_MAPPING,
    "dict_type": lambda given, context: NO_MAPPING,
    "list_type": _list,
    "bool_type": _flag,
    "int_type": _number("whole number"),
    "int_from_float": _number("whole number"),
    "float_type": _number("number"),
    "string_type": lambda given, context: ("is no text", "put it into quotes"),
    "missing": lambda given, context: ("is not there", "it must be given"),
    "too_short": lambda given, context: ("is empty", "give it at least one, or leave it out"),
    "string_too_short": lambda given, context: ("is empty", "give it a text"),
    "string_pattern_mismatch": lambda given, context: (
        f"{given} has other characters, or too many",
        "take letters, digits, - and _, at most 60 of them",
    ),
    "greater_than_equal": lambda given, context: (f"is less than {context['ge']:g}", ""),
    "less_than_equal": _above,
    "invalid_key": lambda given, context: ("is no text, as keys are", COMMAS),
}

YAML = {
    "mapping values are not allowed": "look at the indentation, and quote texts with a colon",
    "'\\t'": "indent with blanks",
    "expected ',' or '}'": 'in braces put a condition into single quotes: \'event in ("A", "B")\'',
    "unhashable key": "put a text that begins with a brace into quotes",
    "expected <block end>": "look at the indentation, and at quotes inside of quotes",
}
"""What usually is behind an error of YAML, by words of it."""


def remedy_of_yaml(problem: str) -> str:
    """What to look at, to be put behind the problem; empty where nothing is known."""
    known = (remedy for words, remedy in YAML.items() if words in problem)
    return "".join(f"; {one}" for one in known)
