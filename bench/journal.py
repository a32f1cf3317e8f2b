"""What the stand-in saw of one contestant. Pure, but for reading the file."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from streams.core.lane_order import UNDOES

ID_KEY = "segment_id"
BEGINNING = 5.0


@dataclass(slots=True)
class Seen:
    """Times are seconds. `accepted` is when each event first was that a request names: all but
    the groups. `latencies` are those of the activities, which carry the time of their publishing,
    until their request was there; the answer came later. Both are by the number of the event.

    `reordered` is counted per contact, `reordered_within` per contact and action.
    `refused_late` leaves out the first 5 s, in which a limit is found. `commands` counts how often
    (action, number of the event) was accepted; `members` are (list, contact).
    """

    requests: int = 0
    refused: int = 0
    refused_late: int = 0
    by_action: Counter[str] = field(default_factory=Counter)
    reordered: int = 0
    reordered_within: int = 0
    first: float = 0.0
    last: float = 0.0
    accepted: dict[int, float] = field(default_factory=dict)
    latencies: dict[int, float] = field(default_factory=dict)
    commands: Counter[tuple[str, int]] = field(default_factory=Counter)
    members: set[tuple[str, str]] = field(default_factory=set)

    @property
    def seconds(self) -> float:
        """From the first request to the last."""
        return self.last - self.first

    def quantile(self, share: float, after: int = 0) -> float:
        """Of the latencies of the events that are numbered beyond `after`."""
        return at_share([one for n, one in self.latencies.items() if n > after], share)

    def through(self, share: float) -> float:
        """Seconds from the first request until this share of the events was accepted."""
        return at_share(self.accepted.values(), share) - self.first


def at_share(values: Iterable[float], share: float) -> float:
    """The quantile; 0 of nothing."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))] if ordered else 0.0


def seen(journal: Path) -> Seen:
    """The journal, counted."""
    found = Seen()
    newest: dict[str, int] = {}
    with journal.open() as lines:
        for line in lines:
            at, path, status, text = json.loads(line)
            found.requests += 1
            found.by_action[path.rsplit("/", 1)[1]] += 1
            found.first = found.first or at
            if status != 202:
                found.refused += 1
                found.refused_late += at - found.first > BEGINNING
                continue
            found.last = at
            action, body = path.rsplit("/", 1)[1], json.loads(text)
            found.members.update(_members(body))
            for contact, n, published in _carried(body):
                found.commands[action, n] += 1
                kind = f"{contact} {UNDOES.get(action, action)}"
                found.reordered_within += n < newest.get(kind, 0)
                newest[kind] = max(n, newest.get(kind, 0))
                found.reordered += n < newest.get(contact, 0)
                newest[contact] = max(n, newest.get(contact, 0))
                if published is not None:
                    found.latencies.setdefault(n, at - published)
                found.accepted.setdefault(n, at)
    return found


def _carried(body: Mapping[str, Any]) -> Iterator[tuple[str, int, float | None]]:
    """(contact, number of the event, when it was published) of each command in a request.

    A request for a list names no event.
    """
    if "identifyListBy" in body or "listName" in body:
        return
    who = (body.get("contact") or body)["identifiers"][ID_KEY]
    for one in body.get("contactActivities", ()):
        yield who, int(one["properties"]["n"]), one["properties"].get("t")
    for item in body.get("items", ()) if "orderID" not in body else ():
        yield who, int(item["productID"][2:]), None
    if "orderID" in body:
        yield who, int(body["orderID"][2:]), None
    if "n" in (body.get("attributes") or {}):
        yield who, int(body["attributes"]["n"]), None


def _members(body: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for one in body["contacts"]["identifiers"] if "listName" in body else ():
        yield body["listName"], one[ID_KEY]
