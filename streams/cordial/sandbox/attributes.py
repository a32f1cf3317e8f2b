"""The account's attributes in the sandbox, and what Cordial drops of a contact because of them.

An independent reading of the API: nothing here is shared with the guard of our own.
Without attributes everything is taken, as an account would that has them all.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

ALWAYS = ("channels", "email")


def known(raw: Any) -> dict[str, dict[str, Any]] | None:
    """Attributes by key. Raises ValueError where it is no list of objects with a key."""
    if raw is None:
        return None
    if not isinstance(raw, list) or not all(
        isinstance(one, dict) and isinstance(one.get("key"), str) for one in raw
    ):
        raise ValueError("attributes are a list of objects, each with a key")
    return {one["key"]: one for one in raw}


def dropped(
    attributes: Mapping[str, Any], known: Mapping[str, Any], lists: Any
) -> Iterator[tuple[str, str]]:
    """The names that Cordial drops, each with the reason."""
    for name, value in attributes.items():
        root = name.partition(".")[0]
        if root in ALWAYS or (isinstance(value, bool) and name in lists):
            continue
        declared = known.get(name)
        if declared is None and known.get(root, {}).get("type") == "geo":
            continue
        if declared is None:
            yield name, f"the attribute {name} is unknown"
        elif value is not None and not _fits(declared.get("type", "string"), value):
            yield name, f"the attribute {name} has another type"


def _fits(kind: str, value: Any) -> bool:
    if kind == "number":
        return isinstance(value, int | float) and not isinstance(value, bool)
    if kind == "array":
        return isinstance(value, list | dict)
    if kind == "geo":
        return isinstance(value, dict)
    if not isinstance(value, str):
        return False
    if kind == "date":
        try:
            datetime.fromisoformat(value)
        except ValueError:
            return False
    return True
