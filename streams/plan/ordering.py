"""What the plan says of orders: what is wrong with it, and the rules that it becomes."""

from collections.abc import Iterator
from decimal import Decimal

from streams.core.order_rules import LINE, OrderRules
from streams.core.paths import reader
from streams.core.trigger_text import path_of
from streams.plan.mappings import Check
from streams.plan.model import OrdersPlan
from streams.plan.places import Finding, Path, suggestion

LINES = ("productID", "sku", "name", "category", "manufacturerName", "itemPrice", "qty", "url")
FIELDS = (
    "items",
    "totalAmount",
    "tax",
    "properties.currency",
    *(f"{LINE}{name}" for name in LINES),
)
AT: Path = ("orders",)


def compiled(plan: OrdersPlan) -> OrderRules:
    """The rules, ready to apply."""
    from_elsewhere = plan.status_from != "event"
    return OrderRules(
        words=dict(plan.statuses),
        word=reader(path_of(plan.status_from)) if from_elsewhere else None,
        said_at=plan.status_from,
        after={status: frozenset(then) for status, then in plan.transitions.items()},
        refunds=plan.refund_amounts,
        required=tuple(plan.required),
        tolerance=Decimal(repr(plan.tolerance)),
        on_unknown_status=plan.on_unknown_status,
        on_forbidden=plan.on_forbidden,
        on_over_refund=plan.on_over_refund,
        on_wrong_total=plan.on_wrong_total,
        on_unknown_currency=plan.on_unknown_currency,
        on_malformed=plan.on_malformed,
    )


def problems(plan: OrdersPlan) -> Iterator[Finding]:
    """What is wrong with it."""
    yield from Check().problems(plan.status_from, (*AT, "status_from"))
    for number, path in enumerate(plan.required):
        if path not in FIELDS and not _of_properties(path):
            near = suggestion(path, FIELDS)
            yield (*AT, "required", number), f"{path} is no field of an order", near
    if plan.on_unknown_status == "dead_letter" and not plan.statuses:
        what = "without statuses: only Cordial's own words are left"
        yield (*AT, "on_unknown_status"), what, "give a table of the company's words"
    for status, then in plan.transitions.items():
        yield from _no_company_word(plan, status, (*AT, "transitions", status))
        for number, one in enumerate(then):
            yield from _no_company_word(plan, one, (*AT, "transitions", status, number))
    cordial = {*plan.statuses.values()}
    for word in plan.statuses:
        if word in cordial and plan.statuses[word] != word:
            what = "is a word of the company's and one of Cordial's"
            yield (*AT, "statuses", word), what, "each state has one word; map the other, too"


def _no_company_word(plan: OrdersPlan, status: str, at: Path) -> Iterator[Finding]:
    """Transitions go by Cordial's words: a row under another would forbid nothing."""
    if status in plan.statuses and status not in plan.statuses.values():
        yield at, f"{status} is a word of the company's", f"write {plan.statuses[status]}"


def _of_properties(path: str) -> bool:
    """What a plan's mapping may put there, nobody else knows."""
    head = path.removeprefix(LINE)
    return head.startswith("properties.") and head != "properties."
