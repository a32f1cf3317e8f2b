"""Prints what became of the day: a table per action, the guarantees, one contact's story."""

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from rich.console import Console
from rich.table import Table

from streams.core.records import Receipt
from streams.demo.tally import Tally

SCREEN = 18
"""Receipts of a contact that fit on a screen."""


def show(result: Tally, took: float, console: Console, *, as_json: bool) -> None:
    """The table, or the same as one JSON document."""
    if as_json:
        print(json.dumps(document(result, took)))
        return
    table = Table(title=f"what became of the day, in {took:.1f} s", box=None, title_justify="left")
    for column in ("action", "consumed", "delivered", "suppressed", "dead-lettered"):
        first = column == "action"
        table.add_column(column, justify="left" if first else "right", no_wrap=first)
    for action, row in result.rows.items():
        table.add_row(
            action,
            str(row.consumed),
            str(row.delivered),
            _reasons(row.suppressed),
            _reasons(row.dead),
        )
    console.print(table)
    console.print(f"events filtered: {_reasons(result.filtered)}")
    console.print(f"events dead-lettered: {_reasons(result.dead_events)}")
    console.print(f"requests: {result.requests}, of which refused or failed: {result.retried}")
    console.print(
        f"accepted requests per event: {result.accepted / max(1, result.events):.2f},"
        f" per delivered command: {result.accepted / max(1, result.delivered):.2f}"
    )
    console.print(f"order violations: {result.order_violations}")
    console.print(f"orders doubled: {result.orders_doubled}")
    console.print(f"ignored by Cordial: {result.ignored}")


def document(result: Tally, took: float) -> dict[str, Any]:
    """The tally as JSON."""
    return {
        "seconds": round(took, 1),
        "actions": {
            action: {
                "consumed": row.consumed,
                "delivered": row.delivered,
                "suppressed": dict(row.suppressed),
                "dead_lettered": dict(row.dead),
            }
            for action, row in result.rows.items()
        },
        "filtered": dict(result.filtered),
        "dead_events": dict(result.dead_events),
        "events": result.events,
        "requests": result.requests,
        "accepted": result.accepted,
        "order_violations": result.order_violations,
        "orders_doubled": result.orders_doubled,
        "ignored": result.ignored,
    }


def story(receipts: Iterable[Receipt], labels: Mapping[str, str], console: Console) -> None:
    """What one contact did, and what Cordial was told because of it.

    `labels` says what an event is, by its message id. The contact is the one with most kinds of
    outcome among those whose story fits on a screen.
    """
    told: dict[str, list[Receipt]] = defaultdict(list)
    for receipt in receipts:
        if receipt.contact and receipt.position:
            told[receipt.contact].append(receipt)
    short = {contact: own for contact, own in told.items() if len(own) <= SCREEN}
    if not short:
        return
    contact, own = max(short.items(), key=lambda one: (len(_kinds(one[1])), one[0]))
    own.sort(key=lambda one: (one.position.offset if one.position else 0, one.time))
    table = Table(title=f"the story of {contact}", box=None, title_justify="left")
    for column in ("event", "", "told Cordial", "became", "status", "after"):
        table.add_column(column, justify="right" if column == "after" else "left", no_wrap=True)
    before = None
    for one in own:
        first = one.position != before
        before = one.position
        became = f"{one.outcome} ({one.reason})" if one.reason else one.outcome
        table.add_row(
            one.message_id if first else "",
            labels.get(one.message_id or "", "") if first else "",
            one.action or "",
            became,
            str(one.status or ""),
            "" if one.latency_ms is None else f"{one.latency_ms:,} ms",
        )
    console.print()
    console.print(table, highlight=False)


def _kinds(receipts: Iterable[Receipt]) -> set[tuple[str | None, str, str | None]]:
    return {(one.action, one.outcome, one.reason) for one in receipts}


def _reasons(counted: Counter[str]) -> str:
    if not counted:
        return "0"
    parts = ", ".join(f"{reason} {count}" for reason, count in counted.most_common())
    return f"{counted.total()} ({parts})"
