"""What an action is: one value, with Cordial's own word as its name.

Its file, topic, path and label derive from the name; a test says so. Pure.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from streams.core.deciding import Problem
from streams.core.joining import Join
from streams.core.outcome import Dead

Kind = Literal["text", "number", "quantity", "object", "list", "flag"]
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
}
ITEM = re.compile(r"(\w+)(\[\d+\])(?:\.(\w+))?")


@dataclass(frozen=True, slots=True)
class Action:
    """One action of Cordial.

    `identity` is where the contact's identifiers go: `top` level, inside `contact`, inside the
    array of `contacts`, or `merge`, which has a dialect of its own. `sources` says, for the
    dead letter, which path of the event a required field comes from. `overwrites`: what is older
    must not be replayed over what is newer.
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
    thin: frozenset[str] = frozenset()
    sources: Mapping[str, str] = field(default_factory=dict)
    join: Join | None = None
    overwrites: bool = False
    path: str = ""
    method: str = "POST"

    def __post_init__(self) -> None:
        object.__setattr__(self, "path", self.path or f"/api/{self.name}")

    def validate(self, body: Mapping[str, Any]) -> Problem | None:
        """What a completed body lacks or has wrong; None where Cordial takes it."""
        return self.check(body, self.required)

    def validate_thin(self, body: Mapping[str, Any]) -> Problem | None:
        """The same for a body that is still to be completed."""
        return self.check(body, tuple(one for one in self.required if one[0] not in self.thin))

    def check(self, body: Mapping[str, Any], required: tuple[Check, ...]) -> Problem | None:
        """The first problem among the required fields and, where there are any, the items."""
        for path, kind in required:
            problem = _problem(path, read_body(body, path), kind, self.source(path))
            if problem is not None:
                return problem
        items = body.get(self.item_list) if self.item_list else None
        for index, item in enumerate(items or ()):
            if not isinstance(item, Mapping):
                where = f"{self.item_list}[{index}]"
                return Problem(Dead.INVALID, self.source(where), f"{where} must be an object")
            for name, kind in self.item_required:
                where = f"{self.item_list}[{index}].{name}"
                problem = _problem(where, item.get(name), kind, self.source(where))
                if problem is not None:
                    return problem
        return None

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


def _problem(path: str, value: Any, kind: Kind, source: str) -> Problem | None:
    if value is None or value == "" or value == [] or value == {}:
        return Problem(Dead.MISSING, source, f"Cordial requires {path} and the event lacks it")
    wrong = not isinstance(value, TYPES[kind]) or (kind != "flag" and isinstance(value, bool))
    if wrong or (kind == "quantity" and value < 1):
        return Problem(Dead.INVALID, source, f"{path} must be {kind}")
    return None


Validate = Callable[[Mapping[str, Any]], Problem | None]
