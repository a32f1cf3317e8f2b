"""What may stand in a plan: every key with its type, its default and its meaning."""

from streams.plan.model.actions import ActionPlan, SupplementPlan
from streams.plan.model.consent import ChannelPlan, ConsentPlan, ListedPlan
from streams.plan.model.filters import FilterPlan
from streams.plan.model.identity import IdentityPlan
from streams.plan.model.markets import MarketPlan, MarketsPlan
from streams.plan.model.orders import OrdersPlan
from streams.plan.model.plan import Plan
from streams.plan.model.sources import RecordPlan, SourcePlan

__all__ = [
    "ActionPlan",
    "ChannelPlan",
    "ConsentPlan",
    "FilterPlan",
    "IdentityPlan",
    "ListedPlan",
    "MarketPlan",
    "MarketsPlan",
    "OrdersPlan",
    "Plan",
    "RecordPlan",
    "SourcePlan",
    "SupplementPlan",
]
