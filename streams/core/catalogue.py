"""The account's attributes, and what stands between them and what is to be sent.

Cordial drops what it does not know, and what has the wrong type, without a word.

| problem      | what it means                                                     |
|--------------|-------------------------------------------------------------------|
| `unknown`    | the account has no attribute of this name                         |
| `wrong_type` | the attribute is of another type                                  |
| `over_limit` | too long, too large or too small, or more members than it keeps   |
| `list_name`  | a flag named like a list: it would put the contact on it, or off  |

What happens then is the plan's: `warn` sends it all the same, `drop` leaves it out, `dead_letter`
gives up the command, `hold` lets the contact wait until the account has it. Pure.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

from streams.core.event import Note
from streams.core.times import Moment, moment

Verdict = Literal["warn", "drop", "dead_letter", "hold"]
Problem = Literal["unknown", "wrong_type", "over_limit", "list_name"]
PROBLEMS: tuple[Problem, ...] = get_args(Problem)
KINDS = ("string", "number", "date", "geo", "array")
LONGEST_TEXT = 128
MOST_ITEMS = 25
OWN = ("channels", "email")
"""What every account has, whatever its catalogue says."""
SAID: Mapping[Problem, str] = {
    "unknown": "is unknown to the account",
    "wrong_type": "has another type at the account",
    "over_limit": "is beyond the limit of the account",
    "list_name": "is named like a list, whose membership it would change",
}
THEN: Mapping[Verdict, str] = {
    "warn": "sent all the same",
    "drop": "left out",
    "dead_letter": "not sent",
    "hold": "waits for the account",
}


class CatalogueError(ValueError):
    """It is no list of attributes; the message says what is wrong with it."""


@dataclass(frozen=True, slots=True)
class Attribute:
    """One attribute of the account. `least` and `most` bound the length of a text or a number."""

    key: str
    kind: str
    unique: bool = False
    required: bool = False
    least: float | None = None
    most: float | None = None
    items: int = MOST_ITEMS


@dataclass(frozen=True, slots=True)
class Catalogue:
    """What the account knows: its attributes by key, and the names of its lists."""

    attributes: Mapping[str, Attribute] = field(default_factory=dict)
    lists: frozenset[str] = frozenset()

    def problem(self, key: str, value: Any) -> Problem | None:
        """What stands against an attribute of this name and value. A null unsets what is there."""
        if isinstance(value, bool) and key in self.lists:
            return "list_name"
        if key in OWN or key.partition(".")[0] == OWN[0]:
            return None
        known = self.attributes.get(key)
        if known is None:
            parent = self.attributes.get(key.rpartition(".")[0])
            if parent is None or parent.kind != "geo":
                return "unknown"
            return None if value is None or isinstance(value, str | int | float) else "wrong_type"
        if value is None:
            return None
        return _misfit(known, value)


@dataclass(frozen=True, slots=True)
class AttributeRules:
    """What the plan says happens to each problem."""

    unknown: Verdict = "warn"
    wrong_type: Verdict = "warn"
    over_limit: Verdict = "warn"
    list_name: Verdict = "drop"

    def of(self, problem: Problem) -> Verdict:
        """What happens to it."""
        verdict: Verdict = getattr(self, problem)
        return verdict

    def sparing(self) -> "AttributeRules":
        """The rules for a command that tells a subscription status: it must not wait or die."""
        gone = ("hold", "dead_letter")
        kept = {one: "drop" if self.of(one) in gone else self.of(one) for one in PROBLEMS}
        return AttributeRules(**kept)


ALL_THE_SAME = AttributeRules(list_name="warn")
"""For what an operator forces."""


@dataclass(frozen=True, slots=True)
class Account:
    """What the account knows now, and what the plan says of it."""

    catalogue: Catalogue
    rules: AttributeRules


@dataclass(frozen=True, slots=True)
class Found:
    """One attribute that the account would not take as it is."""

    name: str
    problem: Problem
    verdict: Verdict

    @property
    def note(self) -> Note:
        """What the receipt says."""
        what = f"{SAID[self.problem]}; {THEN[self.verdict]}"
        return Note(f"attributes.{self.name}", what)


@dataclass(frozen=True, slots=True)
class Guarded:
    """A body without what the rules drop, and all that was found."""

    body: dict[str, Any]
    found: tuple[Found, ...] = ()

    def first(self, verdict: Verdict) -> Found | None:
        """The first attribute with this verdict."""
        return next((one for one in self.found if one.verdict == verdict), None)


def guarded(body: dict[str, Any], catalogue: Catalogue, rules: AttributeRules) -> Guarded:
    """The body as the account takes it."""
    found: list[Found] = []
    made = _without(body, catalogue, rules, found)
    contact = body.get("contact")
    if isinstance(contact, Mapping):
        inner = _without(contact, catalogue, rules, found)
        made = {**made, "contact": inner} if inner is not contact else made
    return Guarded(made, tuple(found))


def _without(
    holder: Any, catalogue: Catalogue, rules: AttributeRules, found: list[Found]
) -> dict[str, Any]:
    attributes = holder.get("attributes")
    here = list(problems(attributes, catalogue)) if isinstance(attributes, Mapping) else []
    judged = [Found(name, problem, rules.of(problem)) for name, problem in here]
    found += judged
    gone = {one.name for one in judged if one.verdict == "drop"}
    if not gone:
        made: dict[str, Any] = holder
        return made
    kept = {name: value for name, value in attributes.items() if name not in gone}
    rest = {name: value for name, value in holder.items() if name != "attributes"}
    return {**rest, "attributes": kept} if kept else rest


def problems(attributes: Mapping[str, Any], catalogue: Catalogue) -> Iterator[tuple[str, Problem]]:
    """The attributes that the account would not take as they are, and why."""
    for name, value in attributes.items():
        problem = catalogue.problem(name, value)
        if problem is not None:
            yield name, problem


def _misfit(known: Attribute, value: Any) -> Problem | None:
    return MISFITS[known.kind](known, value)


def _text(known: Attribute, value: Any) -> Problem | None:
    if not isinstance(value, str):
        return "wrong_type"
    most = LONGEST_TEXT if known.most is None else known.most
    return None if (known.least or 0) <= len(value) <= most else "over_limit"


def _number(known: Attribute, value: Any) -> Problem | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return "wrong_type"
    small = known.least is not None and value < known.least
    large = known.most is not None and value > known.most
    return "over_limit" if small or large else None


def _date(_: Attribute, value: Any) -> Problem | None:
    fits = isinstance(value, str) and isinstance(moment(value), Moment)
    return None if fits else "wrong_type"


def _geo(_: Attribute, value: Any) -> Problem | None:
    return None if isinstance(value, Mapping) else "wrong_type"


def _array(known: Attribute, value: Any) -> Problem | None:
    """A list, or what is to be added and removed."""
    if isinstance(value, Mapping) and value and set(value) <= {"add", "remove"}:
        members = value.get("add") or []
        fits = all(isinstance(one, list) for one in value.values())
    else:
        members, fits = value, isinstance(value, list)
    if not fits:
        return "wrong_type"
    return "over_limit" if len(members) > known.items else None


MISFITS: Mapping[str, Callable[[Attribute, Any], Problem | None]] = {
    "string": _text,
    "number": _number,
    "date": _date,
    "geo": _geo,
    "array": _array,
}


def listed(said: Any, what: str) -> list[Any]:
    """A list, also where it is an object of objects by their keys. Raises `CatalogueError`."""
    if (
        isinstance(said, Mapping)
        and said
        and all(isinstance(one, Mapping) for one in said.values())
    ):
        return list(said.values())
    if not isinstance(said, list):
        raise CatalogueError(f"{what} no list")
    return said


def catalogue_of(attributes: Any, lists: Any = ()) -> Catalogue:
    """The catalogue of what the account answers. Raises `CatalogueError`."""
    attributes = listed(attributes, "the attributes are")
    read = [_attribute(one, index) for index, one in enumerate(attributes)]
    if not isinstance(lists, list | tuple):
        raise CatalogueError("the lists are no list")
    names = [one.get("name") if isinstance(one, Mapping) else one for one in lists]
    if not all(isinstance(one, str) for one in names):
        raise CatalogueError("a list has no name")
    return Catalogue({one.key: one for one in read}, frozenset(map(str, names)))


def _attribute(raw: Any, index: int) -> Attribute:
    if not isinstance(raw, Mapping) or not isinstance(raw.get("key"), str):
        raise CatalogueError(f"attribute {index} has no key")
    kind = str(raw.get("type", "string"))
    if kind not in KINDS:
        raise CatalogueError(f"attribute {index} has the type {kind}; known are {', '.join(KINDS)}")
    bounds, options = raw.get("validators") or {}, raw.get("options") or {}
    return Attribute(
        key=raw["key"],
        kind=kind,
        unique=bool(raw.get("unique")),
        required=bool(bounds.get("required")),
        least=_bound(bounds.get("min")),
        most=_bound(bounds.get("max")),
        items=int(_bound(options.get("maxitems")) or MOST_ITEMS),
    )


def _bound(value: Any) -> float | None:
    return None if isinstance(value, bool) or not isinstance(value, int | float) else value
