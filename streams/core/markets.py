"""Markets: which one an event is of, and what is different about it. Pure.

| of a market                 | what it changes                                                 |
|-----------------------------|-----------------------------------------------------------------|
| `region`                    | phones without a + are read as numbers of it                    |
| `list_prefix`, `lists`      | names of lists                                                  |
| `currency`                  | orders that say none have it                                    |
| `minor_units`               | amounts are in cents, or what the currency has for them         |
| `attributes`, `properties`  | constants of contacts, and of orders and activities             |
| all of it                   | mappings read it as `market.…`                                  |

What an event says itself goes before the constants. Who is of no market is never guessed.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Literal

from streams.core.action_names import ACTIVITY, CARTS, CONTACT, ORDER
from streams.core.event import Event, Note
from streams.core.functions.names import MAX_LIST_NAME
from streams.core.functions.numbers import WRITTEN, exact, plain
from streams.core.mapping import record_of
from streams.core.money import currency_of, digits_of
from streams.core.trigger import Condition

AMOUNTS = ("totalAmount", "tax")
PROPERTIES = ("shipping", "discount", "revenue", "subtotal", "tax", "refundedAmount")
PRICE = "itemPrice"
LINE_PROPERTIES = ("discount",)
TOO_LONG = "is longer than 128 characters with what its market puts in front"
ROUNDED = "rounded to the digits of the currency"


@dataclass(frozen=True, slots=True)
class Market:
    """What is different about a market. `shown` is what mappings see of it."""

    name: str
    region: str | None = None
    list_prefix: str = ""
    lists: Mapping[str, str] = field(default_factory=dict)
    currency: str | None = None
    minor_units: bool = False
    attributes: Mapping[str, Any] = field(default_factory=dict)
    properties: Mapping[str, Any] = field(default_factory=dict)
    shown: Mapping[str, Any] = field(default_factory=dict)

    def list_name(self, name: str) -> str:
        """What a list is called here."""
        return self.lists.get(name, f"{self.list_prefix}{name}")


@dataclass(frozen=True, slots=True)
class Markets:
    """How the market of an event is told. `served` are those whose events go on; None: all."""

    conditions: tuple[tuple[Condition, Market], ...]
    words: Mapping[str, Market]
    reads: tuple[Callable[[Any], Any], ...]
    told_at: str
    unknown: Literal["dead_letter", "default"] = "dead_letter"
    default: Market | None = None
    served: frozenset[str] | None = None

    def of(self, event: Event) -> Market | None:
        """The market; None where nobody knows. A condition goes before a word."""
        for condition, market in self.conditions:
            if condition(event):
                return market
        record = record_of(event)
        for read in self.reads:
            word = read(record)
            if isinstance(word, str) and word.strip():
                return self.words.get(word.strip().casefold(), self._default)
        return self._default

    @property
    def _default(self) -> Market | None:
        return self.default if self.unknown == "default" else None

    def serves(self, market: Market) -> bool:
        """Whether its events are for this account."""
        return self.served is None or market.name in self.served


def localized(body: dict[str, Any], action: str, market: Market, said: list[Note]) -> str | None:
    """Make a body that of its market; what is wrong with it then, or None."""
    named = body.get("listIdentifier")
    if isinstance(named, str) and "listIdentifierKey" not in body:
        body["listIdentifier"] = market.list_name(named)
    if action == CONTACT:
        _behind(body, "attributes", market.attributes)
    elif action == ACTIVITY:
        activities = body.get("contactActivities")
        for one in activities if isinstance(activities, list) else ():
            if isinstance(one, dict):
                _behind(one, "properties", market.properties)
    elif action == ORDER:
        _order(body, market, said)
    elif action in CARTS:
        _amounts(body, market, market.currency, said)
    return _list_names(body, market)


def _behind(holder: dict[str, Any], name: str, constants: Mapping[str, Any]) -> None:
    """Constants behind what is said; what is no object is for others to judge."""
    told = holder.get(name)
    if constants and (told is None or isinstance(told, dict)):
        holder[name] = {**constants, **(told or {})}


def _list_names(body: dict[str, Any], market: Market) -> str | None:
    holder, key = body, "listName"
    if key not in body:
        located = body.get("identifyListBy")
        if not isinstance(located, Mapping):
            return None
        holder, key = dict(located), "name"
        body["identifyListBy"] = holder
    name = holder.get(key)
    if not isinstance(name, str):
        return None
    holder[key] = market.list_name(name)
    return TOO_LONG if len(holder[key]) > MAX_LIST_NAME else None


def _order(body: dict[str, Any], market: Market, said: list[Note]) -> None:
    told = body.get("properties")
    if told is not None and not isinstance(told, dict):
        return
    properties = {**market.properties, **(told or {})}
    code = currency_of(properties.get("currency"))
    if market.currency is not None and properties.get("currency") is None and body.get("items"):
        properties["currency"] = code = market.currency
    if properties:
        body["properties"] = properties
    _amounts(body, market, code or market.currency, said)


def _amounts(body: dict[str, Any], market: Market, code: str | None, said: list[Note]) -> None:
    """The amounts of a body in the currency's own unit, with no more digits than it has."""
    if code is None:
        return
    digits, before = digits_of(code), len(said)
    notes: list[Note] = []
    for holder, names in _holders(body):
        for name in names:
            if name in holder:
                holder[name] = _amount(holder[name], digits, market.minor_units, name, notes)
    said[before:] = list(dict.fromkeys(notes))


def _amount(value: Any, digits: int, minor: bool, name: str, notes: list[Note]) -> Any:
    """What is no amount, or none of a sane size, stays as it is; a text may be one."""
    try:
        given = exact(value).scaleb(-digits) if minor else exact(value)
        made = given.quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP)
    except (ArithmeticError, ValueError):
        return value
    if isinstance(value, str):
        notes.append(Note(name, WRITTEN))
    if made != given:
        notes.append(Note(name, ROUNDED))
    return plain(made)


def _holders(body: dict[str, Any]) -> list[tuple[dict[str, Any], tuple[str, ...]]]:
    """What holds amounts, each a copy in its place: what the event holds is not ours to change."""
    found: list[tuple[dict[str, Any], tuple[str, ...]]] = [(body, AMOUNTS)]
    found += _lines(body, "items")
    if isinstance(body.get("properties"), dict):
        properties = body["properties"] = dict(body["properties"])
        found.append((properties, PROPERTIES))
        found += _lines(properties, "refundedItems")
    return found


def _lines(holder: dict[str, Any], name: str) -> list[tuple[dict[str, Any], tuple[str, ...]]]:
    if not isinstance(holder.get(name), list):
        return []
    lines = [dict(one) if isinstance(one, dict) else one for one in holder[name]]
    holder[name] = lines
    found: list[tuple[dict[str, Any], tuple[str, ...]]] = []
    for one in lines:
        if isinstance(one, dict):
            found.append((one, (PRICE,)))
            if isinstance(one.get("properties"), dict):
                properties = one["properties"] = dict(one["properties"])
                found.append((properties, LINE_PROPERTIES))
    return found
