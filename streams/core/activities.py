"""What Cordial takes of an activity's properties: names it does not strip, and 1,000 of them. Pure.

The properties of events are cleaned where events are read; a plan's mapping may make others.
"""

from collections.abc import Container
from typing import Any

from streams.core.event import Note
from streams.core.functions import Noted, Refused
from streams.core.functions.names import activity_name

MOST_PROPERTIES = 1_000
RENAMED = "renamed: Cordial strips numeric and dotted names"
TOO_MANY = f"only the first {MOST_PROPERTIES:,} in name order kept"
NO_OBJECT = "is no object; left out"
LIST = "contactActivities"


def mended(name: str) -> str:
    """A name that Cordial does not strip: no dots, and not digits alone."""
    made = name.replace(".", "_")
    return f"_{made}" if made.isdecimal() else made


def strips(name: str) -> bool:
    """Whether Cordial strips a property of this name."""
    return "." in name or name.isdecimal()


def free(name: str, *taken: Container[str]) -> str:
    """The name, with underlines until no other has it."""
    while any(name in one for one in taken):
        name += "_"
    return name


def fit(body: dict[str, Any], said: list[Note], *, shaped: bool) -> str | None:
    """Mend the activities of a body; what is wrong with a name, or None.

    `shaped`: a plan's mapping may have made their names.
    """
    activities = body.get(LIST)
    for one in activities if type(activities) is list else ():
        if shaped and type(one) is dict:
            unnamed = _named(one, said)
            if unnamed is not None:
                return unnamed
        properties = one.get("properties") if type(one) is dict else None
        if properties is None:
            continue
        if type(properties) is not dict:
            del one["properties"]
            said.append(Note("properties", NO_OBJECT))
            continue
        if shaped:
            properties = one["properties"] = _renamed(properties, "properties", said)
        if len(properties) > MOST_PROPERTIES:
            names = sorted(properties)[:MOST_PROPERTIES]
            one["properties"] = {name: properties[name] for name in names}
            said.append(Note("properties", TOO_MANY))
    return None


def _named(activity: dict[str, Any], said: list[Note]) -> str | None:
    """Give it a name that Cordial takes; why there is none."""
    if not activity.get("name"):
        return None
    try:
        made = activity_name(activity["name"])
    except Refused as refused:
        return str(refused)
    if isinstance(made, Noted):
        if made.value != activity["name"]:
            said.append(Note("name", made.what))
        made = made.value
    activity["name"] = made
    return None


def _renamed(value: Any, at: str, said: list[Note]) -> Any:
    if type(value) is list:
        return [_renamed(one, f"{at}[{index}]", said) for index, one in enumerate(value)]
    if type(value) is not dict:
        return value
    made: dict[str, Any] = {}
    for name, inner in value.items():
        kept = name
        if strips(name):
            said.append(Note(f"{at}.{name}", RENAMED))
            kept = free(mended(name), value, made)
        nested = type(inner) in (dict, list)
        made[kept] = _renamed(inner, f"{at}.{name}", said) if nested else inner
    return made
