"""What a run left behind, as values: what was published, accepted, reported.

A command is told from any other by its mark: something that the producer put into the event and
that Cordial must get back.

| action                   | mark                                            |
|--------------------------|-------------------------------------------------|
| createContactactivities  | `properties.n` of the activity                  |
| upsertContact            | the values of the attributes `mark_0`, `mark_1`… |
| mergeContacts            | `previousId`                                    |
| addProductsToCart        | `productID` of the item                         |
| removeProductsFromCart   | `productID` of the item                         |
| upsertOrder              | `orderID` and `status`                          |
| addContactsToList        | `listName`, for each contact                    |

The manifest has a line per record of the bus, in the order of publication:
`{"topic", "partition", "offset", "contact", "messageId", "copy", "event", "expect"}` where `event`
is null, `filtered` or `dead_lettered`, `expect` is a list of
`{"action", "mark", "outcome", "optional"}`, and `copy` is true for a record published again.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

RANKS = {
    "upsertContact": 0,
    "mergeContacts": 1,
    "addProductsToCart": 2,
    "removeProductsFromCart": 2,
    "upsertOrder": 3,
    "addContactsToList": 4,
    "createContactactivities": 7,
}

Key = tuple[str, str, str]
"""Action, contact, mark."""

Mark = tuple[str | None, str]
"""Contact, mark."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a record stands on the bus."""

    topic: str
    partition: int
    offset: int

    def __str__(self) -> str:
        return f"{self.topic}-{self.partition}@{self.offset}"


@dataclass(frozen=True, slots=True)
class Expected:
    """One command that an event must make. `optional`: not all plans of the run want it."""

    action: str
    mark: str
    outcome: str = "delivered"
    optional: bool = False


@dataclass(frozen=True, slots=True)
class Published:
    """One record of the bus."""

    place: Place
    contact: str | None
    message_id: str | None
    copy: bool = False
    event: str | None = None
    expect: tuple[Expected, ...] = ()


@dataclass(frozen=True, slots=True)
class Accepted:
    """One command that Cordial accepted: the request's number in the journal, and when it was."""

    request: int
    key: Key
    time: float


@dataclass(frozen=True, slots=True)
class Receipt:
    """What the product says became of a command, or with no action of an event."""

    place: Place
    action: str | None
    outcome: str
    reason: str | None = None
    in_doubt: bool = False


@dataclass(frozen=True, slots=True)
class Letter:
    """One dead letter."""

    place: Place
    action: str | None
    reason: str


@dataclass(frozen=True, slots=True)
class Journal:
    """What Cordial's stand-in saw."""

    requests: int
    accepted: tuple[Accepted, ...]
    ignored: tuple[str, ...]


def published(lines: Iterable[str]) -> Iterator[Published]:
    """The manifest."""
    for line in lines:
        record = json.loads(line)
        yield Published(
            place=Place(record["topic"], record["partition"], record["offset"]),
            contact=record["contact"],
            message_id=record["messageId"],
            copy=record["copy"],
            event=record["event"],
            expect=tuple(Expected(**one) for one in record["expect"]),
        )


def journal(lines: Iterable[str], id_key: str) -> Journal:
    """The journal; a last line that was not finished is left out."""
    requests = 0
    accepted: list[Accepted] = []
    ignored: list[str] = []
    for text in lines:
        if not text.endswith("\n"):
            break
        line = json.loads(text)
        if "processed" in line:
            if line["result"].startswith("ignored"):
                ignored.append(f"request {line['processed']}: {line['result']}")
            continue
        requests += 1
        if not line["accepted"]:
            continue
        for contact, mark in marks(line["action"], line["body"], id_key):
            key = (line["action"], contact or "?", mark)
            accepted.append(Accepted(line["n"], key, line["time"]))
        if str(line["result"]).startswith("ignored"):
            ignored.append(f"request {line['n']} to {line['path']}: {line['result']}")
    return Journal(requests, tuple(accepted), tuple(ignored))


def marks(action: str, body: Mapping[str, Any], id_key: str) -> list[Mark]:
    """The commands that travelled in a request, in their order; an unknown one has the mark ?."""
    try:
        found = MARKS[action](body, id_key)
    except (KeyError, TypeError):
        found = []
    return found or [(None, "?")]


def _activities(body: Mapping[str, Any], id_key: str) -> list[Mark]:
    contact = _contact(body["contact"], id_key)
    return [(contact, str(one["properties"]["n"])) for one in body["contactActivities"]]


def _attributes(body: Mapping[str, Any], id_key: str) -> list[Mark]:
    contact = _contact(body, id_key)
    values = [value for key, value in body["attributes"].items() if key.startswith("mark_")]
    return [(contact, str(value)) for value in sorted(values)]


def _merge(body: Mapping[str, Any], id_key: str) -> list[Mark]:
    return [(body["segmentId"], body["previousId"])]


def _items(body: Mapping[str, Any], id_key: str) -> list[Mark]:
    contact = _contact(body["contact"], id_key)
    return [(contact, item["productID"]) for item in body["items"]]


def _order(body: Mapping[str, Any], id_key: str) -> list[Mark]:
    return [(_contact(body["contact"], id_key), f"{body['orderID']}/{body['status']}")]


def _list(body: Mapping[str, Any], id_key: str) -> list[Mark]:
    contacts = body["contacts"]["identifiers"]
    return [(_contact({"identifiers": one}, id_key), body["listName"]) for one in contacts]


def _contact(block: Mapping[str, Any], id_key: str) -> str | None:
    contact = block["identifiers"].get(id_key)
    return None if contact is None else str(contact)


MARKS: dict[str, Callable[[Mapping[str, Any], str], list[Mark]]] = {
    "createContactactivities": _activities,
    "upsertContact": _attributes,
    "mergeContacts": _merge,
    "addProductsToCart": _items,
    "removeProductsFromCart": _items,
    "upsertOrder": _order,
    "addContactsToList": _list,
}
