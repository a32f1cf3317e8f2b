"""The action instances that no part of `actions:` says: what a plan makes of its other parts.

The one that sends what listed events say of subscriptions is made of `consent:`. Its name cannot
stand among `actions:`, so it is shown beside the plan.
"""

from dataclasses import replace
from typing import Any

from streams.core.contacts import CONSENT
from streams.plan.consenting import AT, instance
from streams.plan.instances import instances
from streams.plan.model import Plan
from streams.plan.places import Text
from streams.plan.showing import Leaf, Origin, as_yaml, instance_tree, plain

MADE = Origin("consent")
"""Where a value comes from that `consent:` brings with it."""
HEAD = f"# Beside these there is the instance {CONSENT}, which consent: makes:"


def made(plan: Plan, text: Text) -> dict[str, Any]:
    """Those instances as they work, as a tree of the same shape; empty where there are none."""
    if not instance(plan):
        return {}
    known = {name: (action, asked) for name, action, asked in instances(plan)}
    tree = instance_tree(CONSENT, *known[CONSENT], text)
    listed = [
        plain(one.when, (*AT, "channels", name, "events", number, "when"), text)
        for name, channel in plan.consent.channels.items()
        for number, one in enumerate(channel.events)
    ]
    for key in ("action", "enabled", "priority"):
        tree[key] = replace(tree[key], origin=MADE)
    tree["mapping"]["attributes"] = Leaf(None, MADE)
    tree["trigger"] = {"any": listed}
    tree["in_doubt"] = plain(plan.consent.in_doubt, (*AT, "in_doubt"), text)
    return {"actions": {CONSENT: tree}}


def as_comment(tree: dict[str, Any]) -> str:
    """The same behind the signs of a comment: what is printed stays a plan."""
    lines = as_yaml(tree).splitlines() if tree else []
    return "".join(f"{line}\n" for line in [HEAD, *(f"# {one}" for one in lines)] if lines)
