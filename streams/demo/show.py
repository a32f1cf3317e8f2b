"""Prints what became of the day: a table per action, the guarantees, one contact's story."""

import json
from collections import Counter
from collections.abc import Iterable
from typing import Any

from rich.console import Console
from rich.table import Table

from streams.core.records import Receipt
from streams.demo.tally import Tally


def show(result: Tally, took: float, console: Console, *, as_json: bool) -> None:
    """The table, or the same as one JSON document."""
    if as_json:
        print(json.dumps(document(result, took)))
        return
    table = Table(title=f"what became of the day, in {took:.1f} s", box=None)
    for column in ("action", "consumed", "delivered", "suppressed", "dead-lettered"):
        table.add_column(column, justify="left" if column == "action" else "right")
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
    delivered = sum(row.delivered for row in result.rows.values())
    console.print(f"accepted requests per delivered command: {result.accepted / delivered:.2f}")
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
        "requests": result.requests,
        "accepted": result.accepted,
        "order_violations": result.order_violations,
        "orders_doubled": result.orders_doubled,
        "ignored": result.ignored,
    }


def story(receipts: Iterable[Receipt], console: Console) -> None:
    """What one contact did and what Cordial was told: the one with most kinds of action."""
    receipts = list(receipts)
    kinds: dict[str, set[str]] = {}
    for receipt in receipts:
        if receipt.contact and receipt.action:
            kinds.setdefault(receipt.contact, set()).add(f"{receipt.action}{receipt.reason}")
    if not kinds:
        return
    contact = max(kinds, key=lambda one: (len(kinds[one]), one))
    own = [receipt for receipt in receipts if receipt.contact == contact and receipt.position]
    own.sort(key=lambda one: (one.position.offset if one.position else 0, one.time))
    console.print(f"\nthe story of {contact}:")
    for receipt in own[:25]:
        reason = f" ({receipt.reason})" if receipt.reason else ""
        offset = receipt.position.offset if receipt.position else "-"
        console.print(
            f"  offset {offset:>4}  {receipt.message_id:<9} {receipt.action or 'event':<24}"
            f" {receipt.outcome}{reason}",
            highlight=False,
        )
    if len(own) > 25:
        console.print(f"  … and {len(own) - 25} more")


def _reasons(counted: Counter[str]) -> str:
    if not counted:
        return "0"
    parts = ", ".join(f"{reason} {count}" for reason, count in counted.most_common())
    return f"{counted.total()} ({parts})"
