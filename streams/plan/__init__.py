"""The plan: one strict YAML file that says what goes to Cordial. Without one, the defaults.

    sources:
      - topic: customer.events
        keyed_by_user: true
    identity:
      priority: [user, email, phone]
    actions:
      removeContactsFromList:
        enabled: true
        trigger: type = "track" and event = "Left List"
      upsertOrder:
        in_doubt: at_most_once
      vipPurchases:
        action: createContactactivities
        trigger: event = "Order Completed" and traits.vip is true

An unknown key, a wrong type or a bad trigger is an error with its path, its line, what was
expected and, where there is one, a suggestion.
"""

from streams.plan.compiling import compile_plan
from streams.plan.instances import instance_names
from streams.plan.model import Plan
from streams.plan.places import PlanError
from streams.plan.reading import load_plan, parse_plan, plan_of
from streams.plan.sourcing import bus_of

__all__ = [
    "Plan",
    "PlanError",
    "bus_of",
    "compile_plan",
    "instance_names",
    "load_plan",
    "parse_plan",
    "plan_of",
]
