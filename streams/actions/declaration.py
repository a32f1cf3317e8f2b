"""What an action is: one value, with Cordial's own word as its name.

Its file, topic, path and label derive from the name; a test says so. Pure.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from streams.core.decisions import Problem
from streams.core.functions.names import MAX_LIST_NAME
from streams.core.joining import Join
from streams.core.outcome import Dead

Kind = Literal["text", "number", "quantity", "object", "list", "flag", "amount", "list name"]
Check = tuple[str, Kind]

RANKS = {
    "contact": 0,
    "merge": 1,
    "cart": 2,
    "order": 3,
    "list": 4,
    "supplement": 5,
    "product": 6,
    "activity": 7,
}
TYPES: dict[str, tuple[type, ...]] = {
    "text": (str,),
    "number": (int, float),
    "quantity": (int,),
    "object": (dict,),
    "list": (list,),
    "flag": (bool,),
    "amount": (int, float),
    "list name": (str,),
}
IDENTIFYING = ("identifiers", "identifiersPriority", "contact.identifiers", "contacts.identifiers")
"""What a body says of who the contact is, whichever action it is for."""
ITEM = re.compile(r"(\w+)(\[\d+\])(?:\.(\w+))?")


@dataclass(frozen=True, slots=True)
class Action:
    """One action of Cordial.

    `identity` is where the contact's identifiers go: `top` level, inside `contact`, inside the
    array of `contacts`, or `merge`, which has a dialect of its own. `sources` says, for the
    dead letter, which path of the event a required field comes from. `optional` and
    `item_optional` are the types of what a plan's mapping may put into a body. `overwrites`: what
    is older must not be replayed over what is newer.
    """

    name: str
    title: str
    rank: str
    identity: Literal["top", "contact", "contacts", "merge", "none"]
    mapping: Mapping[str, Any]
    required: tuple[Check, ...]
    trigger: str | None = None
    item_list: str | None = None
    item_required: tuple[Check, ...] = ()
    optional: tuple[Check, ...] = ()
    item_optional: tuple[Check, ...] = ()
    thin: frozenset[str] = frozenset()
    sources: Mapping[str, str] = field(default_factory=dict)
    join: Join | None = None
    overwrites: bool = False
    path: str = ""
    method: str = "POST"
    required_thin: tuple[Check, ...] = field(init=False)

    def __post_init__(self) -> None:
        left = {*self.thin, *IDENTIFYING}
        thin = tuple(one for one in self.required if one[0] not in left)
        object.__setattr__(self, "path", self.path or f"/api/{self.name}")
        object.__setattr__(self, "required_thin", thin)

    def validate(self, body: Mapping[str, Any]) -> Problem | None:
        """What a completed body lacks or has wrong; None where Cordial takes it."""
        return self.check(body, self.required)

    def validate_thin(self, body: Mapping[str, Any]) -> Problem | None:
        """The same for a body that is still to be completed, with identifiers too."""
        return self.check(body, self.required_thin)

    def check(self, body: Mapping[str, Any], required: tuple[Check, ...]) -> Problem | None:
        """The first problem among the required fields and, where there are any, the items."""
        for path, kind in required:
            value = read_body(body, path) if "." in path else body.get(path)
            if not _fits(value, kind):
                return self._problem(path, value, kind)
        items = body.get(self.item_list) if self.item_list else None
        if items is None:
            return None
        if not isinstance(items, list):
            return self._problem(str(self.item_list), items, "list")
        for index, item in enumerate(items):
            if not isinstance(item, dict):
                where = f"{self.item_list}[{index}]"
                return Problem(Dead.INVALID, self.source(where), f"{where} must be an object")
            for name, kind in self.item_required:
                value = item.get(name)
                if not _fits(value, kind):
                    return self._problem(f"{self.item_list}[{index}].{name}", value, kind)
        return None

    def misfit(self, body: Mapping[str, Any]) -> Problem | None:
        """The first field that a mapping made of a type that Cordial does not take."""
        for path, kind in self.optional:
            value = read_body(body, path) if "." in path else body.get(path)
            if value is not None and not _is_absent(value) and not _fits(value, kind):
                return self._problem(path, value, kind)
        items = body.get(self.item_list) if self.item_list else None
        for index, item in enumerate(items or ()):
            for name, kind in self.item_optional:
                value = item.get(name)
                if value is not None and not _is_absent(value) and not _fits(value, kind):
                    return self._problem(f"{self.item_list}[{index}].{name}", value, kind)
        return None

    def _problem(self, path: str, value: Any, kind: Kind) -> Problem:
        source = self.source(path)
        if _is_absent(value):
            return Problem(Dead.MISSING, source, f"Cordial requires {path} and the event lacks it")
        return Problem(Dead.INVALID, source, f"{path} must be {kind}")

    def source(self, path: str) -> str:
        """The path of the event that a field of the body comes from, where that is known.

        Of an order's `items[2].sku` it is `properties.products[2].sku`.
        """
        match = ITEM.fullmatch(path)
        if match is None:
            return self.sources.get(path, path)
        items, place, name = match.groups()
        if name is None:
            return f"{self.sources[items]}{place}" if items in self.sources else path
        return self.sources.get(name, path).replace("[]", place)


def read_body(body: Any, path: str) -> Any:
    """What stands at a dotted path of a body."""
    for name in path.split("."):
        if not isinstance(body, Mapping):
            return None
        body = body.get(name)
    return body


def _fits(value: Any, kind: Kind) -> bool:
    if type(value) is str:
        fits = kind == "text" or (kind == "list name" and len(value) <= MAX_LIST_NAME)
        return fits and value != ""
    if _is_absent(value) or not isinstance(value, TYPES[kind]):
        return False
    if isinstance(value, bool):
        return kind == "flag"
    if kind == "quantity":
        return isinstance(value, int) and value >= 1
    return kind != "amount" or (isinstance(value, int | float) and value >= 0)


def _is_absent(value: Any) -> bool:
    return value is None or value == "" or value == [] or value == {}
