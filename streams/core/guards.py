"""What must not reach a contact by the side door: attributes are checked before they are sent.

| trait                                   | then                                       |
|-----------------------------------------|--------------------------------------------|
| beginning with `channels.`, in any case | left out: consent needs more than a trait  |
| a boolean named like a list we know     | left out: it would change the membership   |
| an object of `add` and `remove` alone   | changes an array, as in a plan's mapping   |
| nested                                  | flattened to dotted keys, at most 3 levels |
| `address`                               | kept whole, as geo                         |
| called as an identifier of contacts     | written as the identifier, or left out     |
| null                                    | left out                                   |

Pure.
"""

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from streams.core.arrays import as_change, is_change
from streams.core.event import Note

LEVELS = 3
CHANGES_CONSENT = "changes consent"
CONSENT = f"{CHANGES_CONSENT}; left out"
LIST = "is named like a list, whose membership it would change; left out"
SPELLED = "is called as an identifier; written as that is"
ELSEWHERE = "is called as an identifier, and the event has none; left out"
NONE: Mapping[str, str] = {}
DEEP = "nested deeper than 3 levels; left out"


def of_channel(name: str) -> bool:
    """Whether Cordial may take it for a field of a channel; it does not say how it compares."""
    return name.lstrip()[:9].lower() == "channels."


def attributes(
    traits: Mapping[str, Any],
    *,
    email: str | None,
    lists: Collection[str],
    keys: Collection[str] = (),
    identifiers: Mapping[str, str] = NONE,
) -> tuple[dict[str, Any], tuple[Note, ...]]:
    """The attributes that a contact's traits become. `email` is the normalised address.

    What is called as one of the `keys` of contacts is written as the event's identifier is:
    Cordial would take another value for a new one, and the next command would find nobody.
    """
    if not traits:
        return {}, ()
    kept: dict[str, Any] = {}
    notes: list[Note] = []
    for key, value in _flat(traits, "", 1, notes):
        if of_channel(key):
            notes.append(Note(f"traits.{key}", CONSENT))
        elif isinstance(value, bool) and key in lists:
            notes.append(Note(f"traits.{key}", LIST))
        elif key == "email":
            kept |= {"email": email} if email is not None else {}
        elif key in keys and value != identifiers.get(key):
            said = identifiers.get(key)
            notes.append(Note(f"traits.{key}", ELSEWHERE if said is None else SPELLED))
            kept |= {key: said} if said is not None else {}
        else:
            kept[key] = value
    return kept, tuple(notes)


def guarded(
    mapped: Mapping[str, Any], *, at: str, lists: Collection[str]
) -> tuple[dict[str, Any], tuple[Note, ...]]:
    """The attributes of a plan's own mapping: their names may come from the event all the same."""
    kept: dict[str, Any] = {}
    notes: list[Note] = []
    for key, value in mapped.items():
        if of_channel(key) or (of_channel(f"{key}.") and isinstance(value, Mapping)):
            notes.append(Note(f"{at}.{key}", CONSENT))
        elif isinstance(value, bool) and key in lists:
            notes.append(Note(f"{at}.{key}", LIST))
        elif is_change(value):
            change = as_change(value)
            kept |= {key: change} if change is not None else {}
        else:
            kept[key] = value
    return kept, tuple(notes)


def _flat(
    traits: Mapping[str, Any], prefix: str, level: int, notes: list[Note]
) -> Iterator[tuple[str, Any]]:
    for name, value in traits.items():
        key = f"{prefix}{name}"
        if value is None:
            continue
        if not isinstance(value, Mapping) or key == "address":
            yield key, value
        elif is_change(value):
            change = as_change({word: one for word, one in value.items() if one is not None})
            yield from [(key, change)] if change is not None else ()
        elif level == LEVELS:
            notes.append(Note(f"traits.{key}", DEEP))
        else:
            yield from _flat(value, f"{key}.", level + 1, notes)
