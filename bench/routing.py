"""`python -m bench.routing`: what many mapped fields cost, as the time of `route` alone.

The default plan and one that maps 200 fields over the ten actions, 20 in each, go over the same
decoded events in turns, on one core. Both make the same commands; the second fills more fields.
What it prints: events a second of each, and the ratio of their times, each the median of rounds.

Example: python -m bench.routing --events 4000 --rounds 15
"""

import argparse
import gc
import json
import statistics
import sys
import time
from typing import Any

from bench.backlog import backlog
from streams.actions import ACTIONS
from streams.core.event import Event
from streams.core.identity import AccountKeys
from streams.core.records import Place
from streams.core.routing import CompiledPlan, Routed, route
from streams.plan import compile_plan, plan_of
from streams.sources.customer_event import Invalid, from_json

MOST_RATIO = 1.5
LEAST_RATE = 15_000
KEYS = AccountKeys(segment_id="segment_id")
CONTEXT = {
    "ip": "192.0.2.7",
    "locale": "de-DE",
    "device": {"type": "mobile", "model": "X1"},
    "os": {"name": "Android", "version": "16"},
    "campaign": {"name": "fall", "source": "newsletter"},
    "location": {"city": "Berlin", "country": "DE"},
    "page": {"url": "https://shop.example/shirts", "title": "Shirts"},
}
FIELDS: dict[str, Any] = {
    "channel": ["channel", {"const": "web"}],
    "locale": "context.locale",
    "language": {"fn": "cut", "length": 2, "of": "context.locale"},
    "city": {"fn": "text", "of": "context.location.city"},
    "country": {
        "fn": "lookup",
        "table": {"DE": "Germany", "FR": "France"},
        "default": "elsewhere",
        "of": "context.location.country",
    },
    "campaign": "context.campaign.name",
    "campaignSource": {"fn": "lower", "of": "context.campaign.source"},
    "platform": {"fn": "upper", "of": "context.os.name"},
    "osVersion": "context.os.version",
    "model": "context.device.model",
    "pageTitle": ["properties.title", "context.page.title"],
    "brand": {"fn": "title", "of": "properties.brand"},
    "productId": {"fn": "text", "of": "properties.product_id"},
    "price": {"fn": "number", "of": "properties.price"},
    "cents": {"fn": "multiply", "by": 100, "of": "properties.price"},
    "dear": {"when": "properties.price >= 40", "use": {"const": True}},
    "firstName": "traits.firstName",
    "day": {"fn": "iso_date", "of": "timestamp"},
    "shop": {"const": "DE"},
    "cartId": {"fn": "prefix", "by": "cart-", "of": "properties.cart_id"},
}
"""Twenty fields that operators want, most of them plain."""
PLACES: dict[str, Any] = {
    "upsertContact": {"attributes": {"n": "traits.n", "visits": "traits.visits", **FIELDS}},
    "mergeContacts": FIELDS,
    "addContactsToList": {"properties": FIELDS},
    "removeContactsFromList": {"properties": FIELDS},
    "addProductsToCart": {"items": {"properties": FIELDS}},
    "removeProductsFromCart": {"items": {"properties": FIELDS}},
    "upsertOrder": {"properties": FIELDS},
    "upsertSupplementRecords": {"records": {"fn": "one", "of": FIELDS}},
    "upsertProducts": FIELDS,
    "createContactactivities": {
        "contactActivities": {"properties": {"n": "properties.n", **FIELDS}}
    },
}
"""Where they stand in each action's body."""


def mapped_plan() -> dict[str, Any]:
    """The plan with 200 mapped fields; what is off by default waits for an event nobody sends."""
    return {
        "actions": {
            name: {"mapping": PLACES[name]}
            | ({} if action.trigger else {"trigger": 'event = "Never"'})
            for name, action in ACTIONS.items()
        }
    }


def events(count: int) -> list[Event]:
    """Decoded events of the backlog that `make bench` has, with a context."""
    made = []
    for work in backlog(count):
        event = from_json({**work.event, "context": CONTEXT}, Place("bench", 0, work.n), 0)
        if isinstance(event, Invalid):
            raise ValueError(event)
        made.append(event)
    return made


def seconds(given: list[Event], plan: CompiledPlan) -> float:
    """What it takes to route all of them once, in seconds of this process's own time."""
    gc.collect()
    began = time.process_time()
    for event in given:
        route(event, plan)
    return time.process_time() - began


def measured(count: int, rounds: int) -> dict[str, float]:
    """The figures; the two plans take turns, so that both meet the same machine."""
    given = events(count)
    plans = [compile_plan(plan_of(data), KEYS) for data in ({}, mapped_plan())]
    commands = [_commands(given, plan) for plan in plans]
    if commands[0] != commands[1]:
        raise ValueError(f"the plans make {commands} commands")
    pairs = [(seconds(given, plans[0]), seconds(given, plans[1])) for _ in range(rounds)]
    return {
        "events": count,
        "commands": commands[0],
        "default_per_second": count / statistics.median(one for one, _ in pairs),
        "mapped_per_second": count / statistics.median(other for _, other in pairs),
        "ratio": statistics.median(other / one for one, other in pairs),
    }


def _commands(given: list[Event], plan: CompiledPlan) -> int:
    routed = [route(event, plan) for event in given]
    return sum(len(one.commands) for one in routed if isinstance(one, Routed))


def main() -> int:
    """Print the figures; 5 where a target is missed."""
    options = argparse.ArgumentParser(
        prog="python -m bench.routing",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    options.add_argument("--events", type=int, default=4_000)
    options.add_argument("--rounds", type=int, default=15)
    options.add_argument("--json", action="store_true", help="one object instead of lines")
    given = options.parse_args()
    found = measured(given.events, given.rounds)
    if given.json:
        sys.stdout.write(json.dumps(found) + "\n")
    else:
        sys.stdout.write(
            f"default plan {found['default_per_second']:>9,.0f} events/s\n"
            f"200 fields   {found['mapped_per_second']:>9,.0f} events/s"
            f" (at least {LEAST_RATE:,} wanted)\n"
            f"ratio        {found['ratio']:>9.2f} (at most {MOST_RATIO} wanted)\n"
        )
    reached = found["ratio"] <= MOST_RATIO and found["mapped_per_second"] >= LEAST_RATE
    return 0 if reached else 5


if __name__ == "__main__":
    sys.exit(main())
