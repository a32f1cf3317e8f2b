"""What the plan says of orders: words for their states, which may follow which, what is checked.

| rule         | what it is about                                                        |
|--------------|-------------------------------------------------------------------------|
| `words`      | the company's word for a state becomes Cordial's, before anything else  |
| `after`      | which states may follow which; what is not named may be followed by any |
| `refunds`    | amounts of refund events add up, or each says the sum so far            |
| `required`   | fields that an order with lines must have beyond those of Cordial       |
| `on_…`       | what happens to what is wrong                                           |

Pure.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any, Literal

from streams.core.event import Event, Note
from streams.core.functions.numbers import exact
from streams.core.mapping import record_of
from streams.core.money import currency_of

Say = Literal["ignore", "note", "dead_letter"]
COMPLETED, UPDATED = "Order Completed", "Order Updated"
REFUNDED, CANCELLED = "Order Refunded", "Order Cancelled"
RANK = {COMPLETED: 0, UPDATED: 1, REFUNDED: 2, CANCELLED: 2}
"""Of two states of one time the one of the higher rank is the later, whichever was read first."""
LINES, LINE = "items", "items."
TOTAL = "totalAmount"


@dataclass(frozen=True, slots=True)
class Wrong:
    """What is wrong with an order: the field of its body, why, and what to do about it."""

    field: str
    what: str
    say: Say
    missing: bool = False


@dataclass(frozen=True, slots=True)
class OrderRules:
    """The rules. `tolerance` is in the currency's own unit, between lines and total."""

    words: Mapping[str, str] = field(default_factory=dict)
    word: Callable[[Any], Any] | None = None
    said_at: str = "event"
    after: Mapping[str, frozenset[str]] = field(default_factory=dict)
    refunds: Literal["each", "so_far"] = "each"
    required: tuple[str, ...] = ()
    tolerance: Decimal = Decimal("0.01")
    on_unknown_status: Literal["send", "dead_letter"] = "send"
    on_forbidden: Literal["suppress", "dead_letter"] = "suppress"
    on_over_refund: Literal["note", "dead_letter"] = "note"
    on_wrong_total: Say = "note"
    on_unknown_currency: Say = "note"
    on_malformed: Literal["hold_activities", "send_activities"] = "hold_activities"

    @property
    def translates(self) -> bool:
        """Whether the company has words of its own for states."""
        return bool(self.words) or self.word is not None

    def named(self, event: Event) -> Event:
        """The event under Cordial's word for its state: triggers and mappings go by that."""
        said = self._said(event)
        return event if said is None else replace(event, event=self.words.get(said, said))

    def unknown(self, event: Event) -> Wrong | None:
        """Of an event that is named already: a state that Cordial must not hear of."""
        known = event.event in RANK or event.event in self.words.values()
        if known or self.on_unknown_status == "send":
            return None
        return Wrong(self.said_at, "is no status that the plan knows", "dead_letter")

    def _said(self, event: Event) -> str | None:
        said = None if self.word is None else self.word(record_of(event))
        return said if isinstance(said, str) and said else event.event

    def may_follow(self, last: Any, status: Any) -> bool:
        """Whether an order that is `last` may become `status`; a state may come again."""
        allowed = self.after.get(last)
        return allowed is None or status == last or status in allowed

    def wrong(self, body: Mapping[str, Any]) -> Iterator[Wrong]:
        """What is wrong with an order that says its lines; what it leaves out is not judged.

        A completion must say them where the plan requires `items`.
        """
        items = body.get("items") or ()
        if not items:
            if LINES in self.required and body.get("status") == COMPLETED:
                yield Wrong(LINES, "is required by the plan", "dead_letter", missing=True)
            return
        yield from self._missing(body, items)
        currency = _at(body, "properties.currency")
        if currency is not None and currency_of(currency) is None:
            yield Wrong("properties.currency", "is no currency", self.on_unknown_currency)
        if self.on_wrong_total != "ignore" and not _adds_up(body, items, self.tolerance):
            yield Wrong(TOTAL, "is not what the lines add up to", self.on_wrong_total)

    def _missing(self, body: Mapping[str, Any], items: Any) -> Iterator[Wrong]:
        for path in self.required:
            if not path.startswith(LINE):
                if _at(body, path) in (None, ""):
                    yield Wrong(path, "is required by the plan", "dead_letter", missing=True)
                continue
            for index, item in enumerate(items):
                name = path.removeprefix(LINE)
                if _at(item, name) in (None, ""):
                    where = f"items[{index}].{name}"
                    yield Wrong(where, "is required by the plan", "dead_letter", missing=True)


ANY = OrderRules()
"""Without a plan."""


def late(before: Mapping[str, Any], before_time: int, body: Mapping[str, Any], time: int) -> bool:
    """Whether a state is older than the last one; of one time the higher rank is the later."""
    if time != before_time:
        return time < before_time
    ranks = RANK.get(str(before.get("status"))), RANK.get(str(body.get("status")))
    return None not in ranks and ranks[1] < ranks[0]  # type: ignore[operator]


def noted(wrong: Wrong, source: Callable[[str], str]) -> Note:
    """A note for the receipt. `source` gives the field of the event."""
    return Note(source(wrong.field), wrong.what)


def _at(body: Any, path: str) -> Any:
    for name in path.split("."):
        if not isinstance(body, Mapping):
            return None
        body = body.get(name)
    return body


def _adds_up(body: Mapping[str, Any], items: Any, tolerance: Decimal) -> bool:
    """Lines less discount plus shipping, with the tax or without it: prices may include it.

    A line's own discount may be in its price, or be of the line, or of each piece.
    What cannot be reckoned is not judged.
    """
    total = money(body.get(TOTAL))
    amounts = [(money(one.get("itemPrice")), money(one.get("qty", 1))) for one in items]
    if total is None or any(None in pair for pair in amounts):
        return True
    said = body.get("properties")
    said = said if isinstance(said, Mapping) else {}
    lines = sum((price * count for price, count in amounts), Decimal(0))  # type: ignore[operator]
    lines += (money(said.get("shipping")) or 0) - (money(said.get("discount")) or 0)
    tax = money(body.get("tax", said.get("tax"))) or Decimal(0)
    off = [money(_at(one, "properties.discount")) or Decimal(0) for one in items]
    pieces = sum((one * count for one, (_, count) in zip(off, amounts, strict=True)), Decimal(0))  # type: ignore[operator]
    sums = {lines - taken for taken in (Decimal(0), sum(off, Decimal(0)), pieces)}
    return any(abs(total - one - added) <= tolerance for one in sums for added in (0, tax))


def money(value: Any) -> Decimal | None:
    """An amount, or None where there is none."""
    try:
        return None if value is None else exact(value)
    except ValueError:
        return None
