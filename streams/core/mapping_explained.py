"""What a mapping made of an event, field by field: from which paths, by which functions. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from streams.core.event import Event, Note
from streams.core.mapping import Unmappable, compile_part, held_key, is_object
from streams.core.mapping_part import NULL, OF_EVENTS, Record, members_at
from streams.core.paths import WHOLE
from streams.core.trigger import compile_node, explain, shown_path
from streams.core.trigger_text import path_of
from streams.core.trigger_yaml import parse_any

ABSENT = "the event lacks it"
NONE_OF = "the event has none of them"
NO_LIST = "there is no list"
NO_OBJECT = "is no object"
BLANK = "nothing comes out of it"
NOT_NOW = "its condition is false"
THROUGH = {"one": (0,), "properties": ()}
"""Functions that leave an object's fields as they are, and where they put the object."""
Body = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Mapped:
    """A field of the body: the paths of the event it comes from, and the functions on the way.

    `value` is None where nothing came out; `why` says then for what reason.
    """

    body: str
    sources: tuple[str, ...]
    by: tuple[str, ...] = ()
    value: Any = None
    why: str = ""


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a part of a mapping stands, and what its paths see."""

    body: Body
    here: Any
    prefix: str = ""
    by: tuple[str, ...] = ()

    def at(self, *steps: str | int) -> "_Place":
        return _Place((*self.body, *steps), self.here, self.prefix, self.by)

    def path(self, text: str) -> str:
        """The path of the event that a path inside means."""
        steps = path_of(text)
        if steps[0] == WHOLE:
            return shown_path(steps[1:])
        return f"{self.prefix}{OF_EVENTS.origin(steps)}"


def mapped_fields(spec: Any, record: Record, event: Event) -> Iterator[Mapped]:
    """Every field that the mapping of a body has, in its order."""
    yield from _Walk(record, event).fields(spec, _Place((), record))


class _Walk:
    def __init__(self, record: Record, event: Event) -> None:
        self._record = record
        self._event = event

    def fields(self, spec: Any, place: _Place) -> Iterator[Mapped]:
        """The fields of a part, one by one where it is an object of them."""
        if is_object(spec):
            for name, inner in spec.items():
                yield from self.fields(inner, place.at(name))
        elif isinstance(spec, list):
            yield from self._first(spec, place)
        elif isinstance(spec, dict) and "when" in spec:
            yield from self._when(spec, place)
        elif isinstance(spec, dict) and "each" in spec:
            yield from self._each(spec, place)
        elif isinstance(spec, dict) and spec.get("fn") in THROUGH and _holds_fields(spec["of"]):
            inside = place.at(*THROUGH[spec["fn"]])
            yield from self.fields(spec["of"], inside)
        else:
            yield self._leaf(spec, place)

    def _first(self, spec: list[Any], place: _Place) -> Iterator[Mapped]:
        taken = self._taken(spec, place)
        if taken is None:
            yield Mapped(_shown(place.body), self._sources(spec, place), place.by, why=NONE_OF)
        else:
            yield from self.fields(taken[0], place)

    def _taken(self, spec: list[Any], place: _Place) -> list[Any] | None:
        """The alternative that gives something, or refuses what it is given, as a list of it."""
        for one in spec:
            given, why = self._given(one, place)
            if why or given not in (None, ""):
                return [one]
        return None

    def _when(self, spec: dict[str, Any], place: _Place) -> Iterator[Mapped]:
        node = parse_any(spec["when"])
        if compile_node(node)(self._event):
            yield from self.fields(spec["use"], place)
            return
        told = explain(node, self._event).text
        why = f"{NOT_NOW}: {told}" if told else NOT_NOW
        yield Mapped(_shown(place.body), self._sources(spec["use"], place), place.by, why=why)

    def _each(self, spec: dict[str, Any], place: _Place) -> Iterator[Mapped]:
        sources = self._sources(spec["each"], place)
        members, why = self._members(spec["each"], place)
        if not isinstance(members, list):
            yield Mapped(_shown(place.body), sources, place.by, why=why or NO_LIST)
            return
        for index, member in enumerate(members):
            at = f"{sources[0] if sources else ''}[{index}]"
            inside = _Place((*place.body, index), member, f"{at}.", place.by)
            if isinstance(member, dict):
                yield from self.fields(spec["as"], inside)
            else:
                yield Mapped(_shown(inside.body), (at,), place.by, why=NO_OBJECT)

    def _members(self, listed: Any, place: _Place) -> tuple[Any, str]:
        if not isinstance(listed, str):
            return self._given(listed, place)
        return members_at(listed, OF_EVENTS).give(place.here, self._record, self._event, []), ""

    def _leaf(self, spec: Any, place: _Place) -> Mapped:
        value, why = self._given(spec, place)
        sources, functions = self._sources(spec, place), (*place.by, *_functions(spec))
        if value is None and not why:
            inner = self._given(spec["of"], place)[0] if functions else None
            why = ABSENT if inner is None else BLANK
        shown = None if value is NULL else value
        return Mapped(_shown(place.body), sources, functions, shown, why)

    def _given(self, spec: Any, place: _Place) -> tuple[Any, str]:
        notes: list[Note] = []
        try:
            part = compile_part(spec)
            return part.give(place.here, self._record, self._event, notes), ""
        except Unmappable as wrong:
            return None, wrong.message

    def _sources(self, spec: Any, place: _Place) -> tuple[str, ...]:
        """The paths that a part reads; of alternatives the one that gives something."""
        if isinstance(spec, str):
            return (place.path(spec),)
        if isinstance(spec, list):
            inner = self._taken(spec, place) or spec
        elif "const" in spec:
            return ()
        elif is_object(spec):
            inner = [*spec.values()]
        else:
            inner = [spec["each"] if "each" in spec else spec[held_key(spec)]]
        return tuple(dict.fromkeys(path for one in inner for path in self._sources(one, place)))


def _holds_fields(spec: Any) -> bool:
    while (held := held_key(spec)) is not None:
        if "each" in spec:
            return True
        spec = spec[held]
    return is_object(spec)


def _functions(spec: Any) -> tuple[str, ...]:
    """The functions around a value, the outermost last."""
    if not isinstance(spec, dict) or "fn" not in spec:
        return ()
    return (*_functions(spec["of"]), spec["fn"])


def places_of(made: Any, body: Body = ()) -> Iterator[tuple[str, Any]]:
    """Every place within a body, written as in `Mapped.body`, and what stands there."""
    yield _shown(body), made
    members = made.items() if isinstance(made, dict) else ()
    for step, inner in enumerate(made) if isinstance(made, list) else members:
        yield from places_of(inner, (*body, step))


def _shown(body: Body) -> str:
    said = ""
    for step in body:
        said += f"[{step}]" if isinstance(step, int) else f".{step}" if said else step
    return said
