"""Reading what stands at a path of an event, whose objects are dicts and whose lists are lists."""

from collections.abc import Callable
from typing import Any

WHOLE = "$"
"""In front of a path inside `each`: it is one of the whole event."""
MOST_DIGITS = 9


def reader(steps: tuple[str, ...]) -> Callable[[Any], Any]:
    """Reads what stands there as it is; a number is the place of a member in a list."""

    if not any(map(str.isdecimal, steps)):

        def read_names(here: Any) -> Any:
            for step in steps:
                if type(here) is not dict:
                    return None
                here = here.get(step)
            return here

        return read_names

    def read(here: Any) -> Any:
        found = here
        for step in steps:
            if type(found) is dict:
                found = found.get(step)
            elif type(found) is list and step.isdecimal() and len(step) < MOST_DIGITS:
                found = found[int(step)] if int(step) < len(found) else None
            else:
                return None
        return found

    return read


def without_nulls(value: Any) -> Any:
    """The object or list without nulls, at any depth; itself where it has none."""
    if type(value) is dict:
        for inner in value.values():
            if inner is None or type(inner) in (dict, list):
                break
        else:
            return value
        return {key: without_nulls(inner) for key, inner in value.items() if inner is not None}
    if type(value) is list:
        return [without_nulls(inner) for inner in value if inner is not None]
    return value
