"""What Cordial takes of an activity: properties that it does not strip, 1,000 of them, and a place.

The properties of events are cleaned where events are read; a plan's mapping may make others.
A place is a latitude and a longitude, both numbers. Pure.
"""

from collections.abc import Container
from typing import Any

from streams.core.event import Note
from streams.core.functions import Noted, Refused
from streams.core.functions.names import activity_name
from streams.core.functions.numbers import exact, plain

MOST_PROPERTIES = 1_000
RENAMED = "renamed: Cordial strips numeric and dotted names"
TOO_MANY = f"only the first {MOST_PROPERTIES:,} in name order kept"
NO_OBJECT = "is no object; left out"
LIST = "contactActivities"
SPANS = (("lat", 90), ("lon", 180))
NO_PLACE = "is no latitude and longitude; left out"


def mended(name: str) -> str:
    """A name that Cordial does not strip: no dots, and not digits alone."""
    made = name.replace(".", "_")
    return f"_{made}" if made.isdigit() else made


def strips(name: str) -> bool:
    """Whether Cordial strips a property of this name."""
    return "." in name or name.isdigit()


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
        if type(one) is dict and "geo" in one:
            _placed(one, said)
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


def _placed(activity: dict[str, Any], said: list[Note]) -> None:
    """Where it happened, as numbers; what is no place on earth is left out."""
    geo = activity["geo"]
    if type(geo) is not dict or "geoLoc" not in geo:
        return
    place = _coordinates(geo["geoLoc"])
    if place is None:
        said.append(Note("geo.geoLoc", NO_PLACE))
        geo = {name: value for name, value in geo.items() if name != "geoLoc"}
    else:
        geo = {**geo, "geoLoc": place}
    activity.pop("geo")
    activity.update({"geo": geo} if geo else {})


def _coordinates(place: Any) -> dict[str, int | float] | None:
    made: dict[str, int | float] = {}
    for name, most in SPANS:
        try:
            found = exact(place.get(name)) if type(place) is dict else None
        except Refused:
            found = None
        if found is None or abs(found) > most:
            return None
        made[name] = plain(found)
    return made


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
