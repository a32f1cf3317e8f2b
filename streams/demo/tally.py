"""What the demo shows at the end, counted from the receipts and from the sandbox's journal.

Pure. The journal is the sandbox's own record of what it accepted; the events' running numbers
tell whether each contact's arrived in order.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from streams.core.action_names import ORDER
from streams.core.records import Receipt

Line = Mapping[str, Any]


@dataclass(slots=True)
class Row:
    """One action's line of the table."""

    delivered: int = 0
    suppressed: Counter[str] = field(default_factory=Counter)
    dead: Counter[str] = field(default_factory=Counter)

    @property
    def consumed(self) -> int:
        """Commands with an outcome."""
        return self.delivered + self.suppressed.total() + self.dead.total()


@dataclass(slots=True)
class Tally:
    """The whole table."""

    rows: dict[str, Row]
    filtered: Counter[str]
    dead_events: Counter[str]
    events: int
    requests: int
    accepted: int
    retried: int
    order_violations: int
    orders_doubled: int
    ignored: int

    @property
    def delivered(self) -> int:
        """Commands that Cordial accepted."""
        return sum(row.delivered for row in self.rows.values())


def tally(receipts: Iterable[Receipt], journal: Iterable[Line], events: int) -> Tally:
    """Count. `events` is how many records were published."""
    rows: dict[str, Row] = defaultdict(Row)
    filtered: Counter[str] = Counter()
    dead_events: Counter[str] = Counter()
    for receipt in {_identity(receipt): receipt for receipt in receipts}.values():
        _count(receipt, rows, filtered, dead_events)
    lines = [line for line in journal if line["method"] == "POST"]
    accepted = [line for line in lines if line["accepted"]]
    return Tally(
        rows=dict(sorted(rows.items())),
        filtered=filtered,
        dead_events=dead_events,
        events=events,
        requests=len(lines),
        accepted=len(accepted),
        retried=len(lines) - len(accepted),
        order_violations=violations(accepted),
        orders_doubled=doubled(accepted),
        ignored=sum(str(line.get("result", "ok")).startswith("ignored") for line in accepted),
    )


def _identity(receipt: Receipt) -> tuple[Any, ...]:
    return (receipt.position, receipt.action)


def _count(
    receipt: Receipt, rows: dict[str, Row], filtered: Counter[str], dead: Counter[str]
) -> None:
    reason = receipt.reason or ""
    if receipt.kind == "event":
        (filtered if receipt.outcome == "filtered" else dead)[reason] += 1
        return
    row = rows[receipt.action or ""]
    if receipt.outcome == "delivered":
        row.delivered += 1
    elif receipt.outcome == "suppressed":
        row.suppressed[reason] += 1
    else:
        row.dead[reason] += 1


def violations(accepted: Iterable[Line]) -> int:
    """How often something older was first accepted after something newer of its contact.

    What is accepted again, because its first answer was lost, was in its place the first time.
    """
    latest: dict[str, int] = {}
    known: set[tuple[str, str, int]] = set()
    wrong = 0
    for line in accepted:
        for contact, number in numbers(line):
            if (line["action"], contact, number) in known:
                continue
            known.add((line["action"], contact, number))
            wrong += number < latest.get(contact, 0)
            latest[contact] = max(number, latest.get(contact, 0))
    return wrong


def doubled(accepted: Iterable[Line]) -> int:
    """Order states that were accepted more than once."""
    states = Counter(
        repr(sorted(line["body"].items(), key=str)) for line in accepted if line["action"] == ORDER
    )
    return sum(count - 1 for count in states.values())


def numbers(line: Line) -> Iterator[tuple[str, int]]:
    """The running numbers that a request carries, with their contact."""
    body = line["body"]
    contact = _contact(body)
    if contact is None:
        return
    holders: list[Any] = [body.get("attributes"), body.get("properties")]
    holders += [one.get("properties") for one in body.get("contactActivities", ())]
    for holder in holders:
        if isinstance(holder, Mapping) and isinstance(holder.get("n"), int | float):
            yield contact, int(holder["n"])


def _contact(body: Mapping[str, Any]) -> str | None:
    identifiers = body.get("identifiers") or (body.get("contact") or {}).get("identifiers") or {}
    value = identifiers.get("segment_id") if isinstance(identifiers, Mapping) else None
    return None if value is None else str(value)
