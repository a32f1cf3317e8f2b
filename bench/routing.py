"""`python -m bench.routing`: what instances and mapped fields cost, as the time of `route` alone.

Three plans go over the same decoded events in turns, on one core: the default; one of 30 action
instances with 200 mapped fields; and one that maps 200 fields in ten instances, 20 in each, so
that every command has 20 more to fill. All make the same commands.
What it prints: events a second of each, and the ratio of its time to that of the default plan,
each the median of rounds. Exit 5 where 30 instances miss what is wanted of them.

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
from streams.core.compiled import CompiledPlan
from streams.core.event import Event
from streams.core.identity import AccountKeys
from streams.core.records import Place
from streams.core.routed import Routed
from streams.core.routing import route
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
PLACES: dict[str, tuple[str, ...]] = {
    "upsertContact": ("attributes",),
    "mergeContacts": (),
    "addContactsToList": ("properties",),
    "removeContactsFromList": ("properties",),
    "addProductsToCart": ("items", "properties"),
    "removeProductsFromCart": ("items", "properties"),
    "upsertOrder": ("properties",),
    "upsertSupplementRecords": ("properties",),
    "upsertProducts": (),
    "createContactactivities": ("contactActivities", "properties"),
}
"""Where they stand in each action's body."""
OWN: dict[str, dict[str, Any]] = {
    "upsertContact": {"n": "traits.n", "visits": "traits.visits"},
    "createContactactivities": {"n": "properties.n"},
}
"""What the default plan says in their place, and the bodies still do."""
ACTIVITIES = ("Product Viewed", "Product Added", "Product Removed", "Order Completed")
NEVER = ("createContactactivities", "addContactsToList", "upsertSupplementRecords", "upsertOrder")
INSTANCES, MAPPED = 30, 200


def mapping(action: str, fields: dict[str, Any]) -> dict[str, Any]:
    """These fields where the action has its own."""
    made: dict[str, Any] = OWN.get(action, {}) | fields
    for name in reversed(PLACES[action]):
        made = {name: made}
    return made


def wide_plan() -> dict[str, Any]:
    """200 fields over the ten actions, 20 in each; what is off waits for what nobody sends."""
    return {
        "actions": {
            name: {"mapping": mapping(name, FIELDS)}
            | ({} if action.trigger else {"trigger": 'event = "Never"'})
            for name, action in ACTIONS.items()
        }
    }


def many_plan() -> dict[str, Any]:
    """30 instances with 200 fields: the ten, an activity for each event, and 16 for campaigns.

    Each event makes as many commands as by the default plan; no event of a campaign is sent.
    """
    never = 'type = "track" and event = "Never"'
    triggers = {name: action.trigger or never for name, action in ACTIONS.items()}
    triggers["createContactactivities"] = 'type = "page"'
    actions = {name: (name, trigger) for name, trigger in triggers.items()}
    for event in ACTIVITIES:
        trigger = f'type = "track" and event = "{event}"'
        actions[event.replace(" ", "")] = ("createContactactivities", trigger)
    for number in range(INSTANCES - len(actions)):
        trigger = f'type = "track" and event = "Campaign {number}" and properties.total >= 100'
        actions[f"campaign{number}"] = (NEVER[number % len(NEVER)], trigger)
    names = list(FIELDS)
    plan, first = {}, 0
    for number, (name, (action, trigger)) in enumerate(actions.items()):
        count = MAPPED // INSTANCES + (number < MAPPED % INSTANCES)
        chosen = [names[place % len(names)] for place in range(first, first + count)]
        first += count
        fields = {one: FIELDS[one] for one in chosen}
        said = {} if name == action else {"action": action}
        plan[name] = said | {"trigger": trigger, "mapping": mapping(action, fields)}
    return {"actions": plan}


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


PLANS = {"default": dict, "30 instances": many_plan, "20 fields in each": wide_plan}


def measured(count: int, rounds: int) -> dict[str, dict[str, float]]:
    """Of each plan the events a second, and the ratio of its time to that of the default plan.

    The plans take turns, so that all meet the same machine.
    """
    given = events(count)
    plans = {name: compile_plan(plan_of(make()), KEYS) for name, make in PLANS.items()}
    commands = {name: _commands(given, plan) for name, plan in plans.items()}
    if len(set(commands.values())) != 1:
        raise ValueError(f"the plans make {commands} commands")
    turns = [{name: seconds(given, plan) for name, plan in plans.items()} for _ in range(rounds)]
    return {
        name: {
            "per_second": count / statistics.median(turn[name] for turn in turns),
            "ratio": statistics.median(turn[name] / turn["default"] for turn in turns),
        }
        for name in plans
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
        sys.stdout.write(f"{'plan':<18} {'events/s':>9} {'ratio':>6}\n")
        for name, figures in found.items():
            sys.stdout.write(
                f"{name:<18} {figures['per_second']:>9,.0f} {figures['ratio']:>6.2f}\n"
            )
        sys.stdout.write(
            f"wanted of 30 instances: at least {LEAST_RATE:,} events/s, a ratio of {MOST_RATIO}\n"
        )
    reached = found["30 instances"]
    return 0 if reached["ratio"] <= MOST_RATIO and reached["per_second"] >= LEAST_RATE else 5


if __name__ == "__main__":
    sys.exit(main())
