"""What is known of a contact completes a command that says less of who the contact is.

| the command says of an identifier | known is       | sent as identifier | then known is |
|-----------------------------------|----------------|--------------------|---------------|
| nothing                           | something      | what is known      | the same      |
| something                         | nothing        | what it says       | what it says  |
| something else                    | a newer value  | what is known      | the same      |
| something else, an upsertContact  | an older value | what is known (*)  | what it says  |
| something else, any other         | an older value | what it says       | the same      |

(*) What it says goes as an attribute, so that Cordial changes the contact and makes no second one.
A phone has no attribute that changes it: there an upsertContact sends the newer one as it is.
Older and newer are times of events. What another action than upsertContact said is older than all:
it changed no contact at Cordial. The user id is the lane's own and always as it is said. Pure.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from streams.core.event import Note

UNDATED = 0
COMPLETED = Note("identifiers", "completed from what was learned")
CHANGED = "is new: sent as attribute, and the known one as identifier"
OLDER = "is older than what is known; left out"


@dataclass(frozen=True, slots=True)
class Identifier:
    """One identifier of a contact. `time` is that of the event whose `upsertContact` said it, in
    milliseconds; `UNDATED` where another action did."""

    value: str
    time: int


Row = Mapping[str, Identifier]
"""The identifiers of one contact by the account's keys."""


@dataclass(frozen=True, slots=True)
class Said:
    """Identifiers that a command told Cordial. `moves`: they take the place of older ones."""

    identifiers: Mapping[str, str]
    time: int
    moves: bool


@dataclass(frozen=True, slots=True)
class Completing:
    """How commands of one action instance are completed.

    `place` is where the contact stands in the body, `names` are the account's keys in the plan's
    order with what each is called in a priority, `attributes` the keys that an attribute changes,
    with its name, `user` the key of the user id. `moves`: the action changes the contact itself.
    """

    place: Literal["top", "contact", "contacts"]
    names: Mapping[str, str]
    attributes: Mapping[str, str] = field(default_factory=dict)
    user: str | None = None
    moves: bool = False


@dataclass(frozen=True, slots=True)
class Completed:
    """The body with what is known, what the command teaches, and what was done to it."""

    body: dict[str, Any]
    said: Said | None = None
    notes: tuple[Note, ...] = ()


def merged(row: Row | None, said: Said) -> Row:
    """The row with what was said: newer event time wins, and what is known stays else."""
    known = dict(row or {})
    for key, value in said.identifiers.items():
        have = known.get(key)
        if have is None or (said.moves and have.time <= said.time):
            known[key] = Identifier(value, said.time)
    return known


def completed(
    body: dict[str, Any], time: int, row: Row | None, completing: Completing
) -> Completed | None:
    """What the table above says of a command of that time; None where nothing identifies it.

    A body that does not say who the contact is in the way of the action is left as it is.
    """
    block = _block(body, completing.place)
    if block is None:
        return Completed(body)
    told = block["identifiers"]
    known = {key: one for key, one in (row or {}).items() if key in completing.names}
    said = _said(told, time, known, completing)
    differing = _differing(told, known, completing)
    kept = {key: one.value for key, one in known.items() if key not in told}
    if not (kept or differing):
        return Completed(body, said) if told else None
    older = {key for key in differing if known[key].time > time}
    changed = differing & completing.attributes.keys() - older if completing.moves else set()
    kept |= {key: known[key].value for key in older | changed}
    made = _with(body, completing.place, _ordered({**told, **kept}, block, completing))
    if completing.moves:
        for key in changed:
            made = _told_attribute(made, completing.attributes[key], told[key])
        for key in older & completing.attributes.keys():
            made = _without_attribute(made, completing.attributes[key], told[key])
    notes = [Note(f"identifiers.{key}", CHANGED) for key in sorted(changed)]
    notes += [Note(f"identifiers.{key}", OLDER) for key in sorted(older)]
    if kept.keys() - told.keys():
        notes.append(COMPLETED)
    return Completed(made, said, tuple(notes))


def _differing(told: Mapping[str, Any], known: Row, completing: Completing) -> set[str]:
    """The keys of which the command says something else than what is known."""
    return {
        key
        for key, one in known.items()
        if key != completing.user and told.get(key, one.value) != one.value
    }


def _block(body: Mapping[str, Any], place: str) -> dict[str, Any] | None:
    """Identifiers and priority of the one contact that a body is about."""
    holder = body if place == "top" else body.get(place)
    if not isinstance(holder, dict):
        return None
    told, priority = holder.get("identifiers"), holder.get("identifiersPriority")
    if place == "contacts":
        told = told[0] if isinstance(told, list) and len(told) == 1 else None
    if not isinstance(told, dict) or not isinstance(priority, list):
        return None
    return {"identifiers": told, "identifiersPriority": priority}


def _said(told: Mapping[str, Any], time: int, known: Row, completing: Completing) -> Said | None:
    """What the row does not know yet."""
    news = {
        key: value
        for key, value in told.items()
        if key in completing.names
        and isinstance(value, str)
        and _is_news(value, time, known.get(key), moves=completing.moves and key != completing.user)
    }
    return Said(news, time if completing.moves else UNDATED, completing.moves) if news else None


def _is_news(value: str, time: int, have: Identifier | None, *, moves: bool) -> bool:
    if have is None:
        return True
    return moves and have.time <= time and have != Identifier(value, time)


def _ordered(
    sent: Mapping[str, Any], block: Mapping[str, Any], completing: Completing
) -> dict[str, Any]:
    """The identifiers in the plan's order, and their priority; what the plan lacks comes last."""
    names = completing.names
    keys = [*(key for key in names if key in sent), *(key for key in sent if key not in names)]
    rest = [name for name in block["identifiersPriority"] if name not in names.values()]
    return {
        "identifiers": {key: sent[key] for key in keys},
        "identifiersPriority": [*(names[key] for key in keys if key in names), *rest],
    }


def _with(body: dict[str, Any], place: str, block: dict[str, Any]) -> dict[str, Any]:
    if place == "top":
        return {**body, **block}
    if place == "contacts":
        block = {**block, "identifiers": [block["identifiers"]]}
    return {**body, place: {**body[place], **block}}


def _told_attribute(body: dict[str, Any], name: str, value: Any) -> dict[str, Any]:
    attributes = body.get("attributes", {})
    if not isinstance(attributes, dict):
        return body
    return {**body, "attributes": {**attributes, name: value}}


def _without_attribute(body: dict[str, Any], name: str, value: Any) -> dict[str, Any]:
    attributes = body.get("attributes")
    if not isinstance(attributes, dict) or attributes.get(name) != value:
        return body
    rest = {key: one for key, one in attributes.items() if key != name}
    return {**body, "attributes": rest}
