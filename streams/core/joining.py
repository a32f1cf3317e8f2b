"""Requests that are alike but for one list travel as one, by adding the lists.

| action                                          | what is added       | over          |
|-------------------------------------------------|---------------------|---------------|
| activities, cart items, supplement records      | the list            | one contact   |
| contacts of a list                              | the identifiers     | all contacts  |
| profile updates                                 | attributes, later wins | one contact |

Changes of arrays add up, as `core.arrays` says.

Nothing waits to be joined. Pure.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

import orjson

from streams.core.arrays import together as one_after_the_other


@dataclass(frozen=True, slots=True)
class Join:
    """What may differ: the list or mapping at `path`; over all contacts or within one.

    Members that are equal at `apart` do not travel together: what becomes of the later depends on
    what became of the earlier.
    """

    path: tuple[str, ...]
    across_contacts: bool = False
    apart: str = ""


def join_key(action: str, body: Mapping[str, Any], join: Join) -> bytes:
    """Equal for the bodies that may travel together."""
    rest = orjson.dumps(_without(body, join.path), option=orjson.OPT_SORT_KEYS)
    return blake2b(action.encode() + b"\0" + rest, digest_size=16).digest()


def marks(body: Mapping[str, Any], spec: Join) -> set[str]:
    """What the members of a body may not have in common with others of its request."""
    members = _at(body, spec.path) if spec.apart else None
    known = members if isinstance(members, list) else ()
    return {str(one.get(spec.apart)) for one in known if isinstance(one, Mapping)}


def join(bodies: Sequence[Mapping[str, Any]], spec: Join) -> dict[str, Any]:
    """One body that says what all of `bodies` say, in their order."""
    parts = [part for body in bodies if (part := _at(body, spec.path)) is not None]
    if not parts:
        return dict(bodies[0])
    if isinstance(parts[0], Mapping):
        together: Any = dict(parts[0])
        for part in parts[1:]:
            for key, value in part.items():
                there = key in together
                together[key] = one_after_the_other(together[key], value) if there else value
    else:
        together = [member for part in parts for member in part]
    return _with(bodies[0], spec.path, together)


def _at(body: Mapping[str, Any], path: tuple[str, ...]) -> Any:
    """What may differ; None where the body does not say it."""
    found: Any = body
    for name in path:
        found = found.get(name)
    return found


def _without(body: Mapping[str, Any], path: tuple[str, ...]) -> dict[str, Any]:
    name, *rest = path
    others = {key: value for key, value in body.items() if key != name}
    return others | {name: _without(body[name], tuple(rest))} if rest else others


def _with(body: Mapping[str, Any], path: tuple[str, ...], value: Any) -> dict[str, Any]:
    name, *rest = path
    return {**body, name: _with(body[name], tuple(rest), value) if rest else value}
