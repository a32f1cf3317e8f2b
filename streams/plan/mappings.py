"""Mappings of the plan: what is wrong with their words, functions, options and paths.

The words are those of `core.mapping`. Whatever is wrong is told with its place, before anything
is compiled.
"""

import math
import re
from collections.abc import Iterator, Mapping
from typing import Any

from streams.core.functions import DECLARED, FUNCTIONS, Refused
from streams.core.mapping import NULLABLE, WORDS, is_object
from streams.core.paths import WHOLE
from streams.core.trigger import (
    FIELDS,
    OBJECTS,
    OF_EVENT,
    OF_RECORD,
    PLAIN,
    TriggerError,
    quoted,
    shown_path,
)
from streams.core.trigger_text import TEXT, path_of
from streams.core.trigger_yaml import parse_any
from streams.plan.directives import DIRECTIVES, templated
from streams.plan.mapping_hints import choice_hint, function_hint, meant, word_hint
from streams.plan.places import Finding, Path, nearest, suggestion

SINGLE = (*FIELDS, "timestamp", "default_list_name", "completes_order")
WITH_FIELDS = (*OBJECTS, "attributes", "activity_properties", "market")
OF_MARKET = ("name", "locale", "currency", "phone_region", "attributes", "properties")
ROOTS = (*SINGLE, *WITH_FIELDS)
NAME = rf"(?:{PLAIN.pattern}|{TEXT})"
PATH = re.compile(rf"{NAME}(?:\.{NAME})*")
MOST_NESTED = 20
MOST_WORDS = 2_000
LONGS = range(-(2**63), 2**63)
SHOWN = 60


class Check:
    """Finds what is wrong in one mapping, and stops where there is too much.

    `of_record`: its paths are those of a company's record, which may be any.
    """

    def __init__(self, *, of_record: bool = False) -> None:
        self._words = 0
        self._of_record = of_record

    def problems(
        self, spec: Any, at: Path, *, member: bool = False, deep: int = 1
    ) -> Iterator[Finding]:
        """What is wrong with a mapping. `member`: its paths are those of a member of a list."""
        self._words += 1
        if self._words == MOST_WORDS:
            yield at, f"is too much: more than {MOST_WORDS:,} parts", "map less"
        elif deep > MOST_NESTED:
            yield at, "is nested too deep", f"at most {MOST_NESTED} parts inside each other"
        elif self._words < MOST_WORDS:
            yield from self._word(spec, at, member, deep)

    def _word(self, spec: Any, at: Path, member: bool, deep: int) -> Iterator[Finding]:
        if isinstance(spec, str):
            yield from _path(spec, at, member=member, any_root=self._of_record)
        elif isinstance(spec, list):
            yield from self._alternatives(spec, at, member, deep)
        elif is_object(spec) and (hint := choice_hint(spec)):
            yield at, *hint
        elif is_object(spec):
            yield from self.names(spec, at)
            for name, inner in spec.items():
                yield from self.problems(inner, (*at, name), member=member, deep=deep + 1)
        elif isinstance(spec, dict):
            yield from self._said(spec, at, member, deep)
        elif spec is None:
            yield at, "is nothing and takes nothing away here", "a null is {const: null}"
        else:
            yield (
                at,
                "is no mapping",
                "a path, a list, a word or an object is expected; a fixed value is {const: …}",
            )

    def names(self, spec: Mapping[Any, Any], at: Path) -> Iterator[Finding]:
        """What is wrong with the names of an object's fields."""
        inner = {held: first for first, held in WORDS.items() if held}
        for name in spec:
            if not isinstance(name, str) or not name or not _encodes(name):
                yield (*at, str(name)), "is no name of a field", "a text is expected; quote it"
            elif name in DIRECTIVES:
                yield (*at, name), "is a directive of Segment", DIRECTIVES[name]
            elif name in inner:
                remedy = f"it stands beside {inner[name]}:"
                strange = [one for one in spec if one != name]
                near = nearest(str(strange[0]), WORDS) if strange else None
                remedy = f"{remedy} (did you mean {near}?)" if near else remedy
                yield (*at, name), "is half of a word", remedy

    def _alternatives(
        self, spec: list[Any], at: Path, member: bool, deep: int
    ) -> Iterator[Finding]:
        if not spec:
            yield at, "is an empty list", "give it at least one alternative"
        for number, one in enumerate(spec):
            yield from self.problems(one, (*at, number), member=member, deep=deep + 1)
            if isinstance(one, dict) and "const" in one and number < len(spec) - 1:
                yield (
                    (*at, number),
                    "is always there, so that what follows is not used",
                    "put it last",
                )

    def _said(self, spec: dict[Any, Any], at: Path, member: bool, deep: int) -> Iterator[Finding]:
        first, *more = [word for word in WORDS if word in spec]
        held = WORDS[first]
        known = (first, held) if held else (first,)
        if more:
            yield at, f"is two words: {first}: and {more[0]}:", "put one inside the other"
            return
        for name in known:
            if name not in spec:
                yield at, f"has {first}: without {name}:", f"give it {name}:"
        if first != "fn":
            for name in spec:
                if name not in known:
                    remedy = word_hint(first, str(name)) or suggestion(str(name), known)
                    yield (*at, str(name)), f"is unknown beside {first}:", remedy
        if first == "const":
            yield from _constant(spec["const"], (*at, "const"))
        elif first == "when":
            yield from _trigger(spec["when"], (*at, "when"), of_record=self._of_record)
        elif first == "each":
            yield from self.problems(spec["each"], (*at, "each"), member=member, deep=deep + 1)
        else:
            yield from _function(spec, at)
        if held in spec:
            member = member or first == "each"
            yield from self.problems(spec[held], (*at, held), member=member, deep=deep + 1)


def _path(text: str, at: Path, *, member: bool, any_root: bool) -> Iterator[Finding]:
    shown = text if len(text) <= SHOWN else f"{text[:SHOWN]}…"
    if not PATH.fullmatch(text):
        names = tuple(text.split("."))
        written = f"write {shown_path(names)}" if all(names) and '"' not in text else ""
        usual = "names with dots between them; other names in quotes"
        remedy = templated(text) or meant(shown) or written or usual
        yield at, f"{shown} is no path", f"{remedy}; a fixed text is {{const: …}}"
        return
    steps = path_of(text)
    if steps[0] == WHOLE:
        member, steps = False, steps[1:]
    if not steps:
        whole = "the whole record" if any_root else "the whole event"
        yield at, f"is {whole}", "name a field of it, like $.properties.total"
    elif any_root:
        return
    elif not member and steps[0] not in ROOTS:
        near = suggestion(steps[0], ROOTS)
        fixed = f"a fixed text is {{const: {quoted(shown)}}}"
        yield at, f"{shown} is no field of an event", f"{near}; {fixed}"
    elif not member and steps[0] == "market" and steps[1:] and steps[1] not in OF_MARKET:
        near = suggestion(steps[1], OF_MARKET)
        yield at, f"{shown} is nothing that a market has", near
    elif not member and steps[0] in SINGLE and len(steps) > 1:
        yield at, f"{shown} is no field of an event", f"{steps[0]} has no fields"


def constant_problem(value: Any) -> str:
    """Why a constant is no JSON value of a sane size; empty where it is one."""
    return _not_json(value, MOST_NESTED, [MOST_WORDS])


def _constant(value: Any, at: Path) -> Iterator[Finding]:
    wrong = constant_problem(value)
    if wrong:
        yield at, wrong, "a value as JSON has it is expected; put dates and names into quotes"


def _not_json(value: Any, deep: int, left: list[int]) -> str:
    """Why a constant is no JSON value of a sane size; empty where it is one."""
    left[0] -= 1
    if deep < 0 or left[0] < 0:
        return "is nested too deep or too large"
    if isinstance(value, dict):
        if not all(isinstance(name, str) and _encodes(name) for name in value):
            return "has a name that is no text"
        value = list(value.values())
    if isinstance(value, list):
        found = (_not_json(one, deep - 1, left) for one in value)
        return next((wrong for wrong in found if wrong), "")
    if isinstance(value, str):
        return "" if _encodes(value) else "has half a character"
    if isinstance(value, int):
        return "" if value in LONGS else "has more than 64 bits"
    if isinstance(value, float):
        return "" if math.isfinite(value) else "is not finite"
    return "" if value is None else f"is a {type(value).__name__}"


def _encodes(text: str) -> bool:
    try:
        return bool(text.encode()) or not text
    except UnicodeEncodeError:
        return False


def _trigger(spec: Any, at: Path, *, of_record: bool) -> Iterator[Finding]:
    try:
        parse_any(spec, (), OF_RECORD if of_record else OF_EVENT)
    except TriggerError as error:
        yield at, str(error), ""


def _function(spec: Mapping[Any, Any], at: Path) -> Iterator[Finding]:
    name = spec["fn"]
    if not isinstance(name, str) or name not in DECLARED:
        remedy = function_hint(str(name)) or suggestion(str(name), DECLARED)
        yield (*at, "fn"), f"{name} is no function", remedy
        return
    known = DECLARED[name].options
    given = {key: value for key, value in spec.items() if key not in ("fn", "of")}
    wrong = False
    for option, value in given.items():
        if option not in known:
            near = suggestion(str(option), known) if known else "it has none"
            if isinstance(option, bool):
                near = "YAML reads it as true or false; put it into quotes"
            yield (*at, str(option)), f"is no option of {name}", near
            wrong = True
        elif not known[option].kind.fits(value):
            yield (
                (*at, option),
                f"does not fit {name}",
                f"{known[option].kind.expected} is expected",
            )
            wrong = True
    for option in known.values():
        if option.required and option.name not in given:
            yield at, f"lacks {option.name}: of {name}", f"{option.kind.expected} is expected"
            wrong = True
    inner = spec.get("of")
    if name == NULLABLE and not isinstance(inner, str):
        yield (*at, "of"), "is no path", "it needs the path where a null may stand"
    if not wrong and isinstance(inner, dict) and list(inner) == ["const"]:
        yield from _applied(name, inner["const"], given, (*at, "of"))


def _applied(name: str, value: Any, options: dict[str, Any], at: Path) -> Iterator[Finding]:
    if value is None or _not_json(value, MOST_NESTED, [MOST_WORDS]):
        return
    try:
        FUNCTIONS[name](value, **options)
    except Refused as refused:
        yield at, f"cannot be used by {name}: it {refused}", "give it another value"
