"""Which action instances an event can be for, by its type and its name alone. Pure.

Triggers mostly begin with `type = …` and name events; what is sure not to match by that is not
evaluated. Filters change neither type nor name of an event.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Generic, Protocol, TypeVar

from streams.core.event import Event
from streams.core.trigger import All, AnyOf, Comparison, Node, Not


class Waiting(Protocol):
    """What is asked of an instance."""

    @property
    def trigger(self) -> Node | None:
        """Its condition, where it is known."""

    @property
    def names_matter(self) -> bool:
        """Whether its trigger sees the event's own name, and not a translated one."""


T = TypeVar("T", bound=Waiting)
Words = frozenset[str] | None
"""These alone; None means any."""


@dataclass(frozen=True, slots=True)
class Reach:
    """The types and the names of the events for which a condition may be true."""

    types: Words = None
    names: Words = None

    def __contains__(self, key: tuple[str, str | None]) -> bool:
        kind, name = key
        if self.types is not None and kind not in self.types:
            return False
        return self.names is None or name in self.names


ANY = Reach()


def reach(node: Node) -> Reach:
    """What a condition may be true for; rather too much than too little."""
    match node:
        case Comparison(("type",), "=" | "in"):
            return Reach(types=_texts(node))
        case Comparison(("event",), "=" | "in"):
            return Reach(names=_texts(node))
        case All(parts):
            found = [reach(part) for part in parts]
            return Reach(_both([one.types for one in found]), _both([one.names for one in found]))
        case AnyOf(parts):
            found = [reach(part) for part in parts]
            return Reach(
                _either([one.types for one in found]), _either([one.names for one in found])
            )
        case Comparison() | Not():
            return ANY


def _texts(test: Comparison) -> Words:
    """The texts that it is compared with; a number or a flag may be equal to something else."""
    texts = frozenset(one for one in test.values if isinstance(one, str))
    return texts if len(texts) == len(set(test.values)) else None


def _both(words: Sequence[Words]) -> Words:
    known = [one for one in words if one is not None]
    return frozenset.intersection(*known) if known else None


def _either(words: Sequence[Words]) -> Words:
    known = [one for one in words if one is not None]
    return frozenset().union(*known) if len(known) == len(words) else None


@dataclass(slots=True)
class Candidates(Generic[T]):
    """The instances that an event can be for, in their order."""

    instances: Sequence[T]
    _reaches: list[tuple[T, Reach]] = field(init=False)
    _names: frozenset[str] = field(init=False)
    _found: dict[tuple[str, str | None], tuple[T, ...]] = field(default_factory=dict, init=False)

    def __post_init__(self) -> None:
        self._reaches = []
        for one in self.instances:
            found = ANY if one.trigger is None else reach(one.trigger)
            self._reaches.append((one, found if one.names_matter else Reach(found.types)))
        self._names = frozenset().union(*(one.names or () for _, one in self._reaches))

    def of(self, event: Event) -> tuple[T, ...]:
        """Those whose trigger may be true of the event."""
        name = event.event if event.event in self._names else None
        found = self._found.get((event.type, name))
        if found is None:
            key = event.type, name
            found = self._found[key] = tuple(one for one, there in self._reaches if key in there)
        return found
