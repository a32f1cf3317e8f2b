"""The whole plan, by its keys at the top."""

from pydantic import Field

from streams.core.lane_order import Order
from streams.plan.model.actions import ActionPlan
from streams.plan.model.attributes import AttributesPlan
from streams.plan.model.consent import ConsentPlan
from streams.plan.model.filters import FilterPlan
from streams.plan.model.identity import IdentityPlan
from streams.plan.model.markets import MarketsPlan
from streams.plan.model.orders import OrdersPlan
from streams.plan.model.part import Part
from streams.plan.model.sources import SourcePlan


class Plan(Part):
    """The whole plan."""

    sources: list[SourcePlan] = Field(
        [SourcePlan(topic="customer.events", keyed_by_user=True)],
        min_length=1,
        description="the topics of the company's bus",
    )
    identity: IdentityPlan = Field(IdentityPlan(), description="who a contact is")
    filters: list[FilterPlan] = Field([], description="rules over events, for every action")
    actions: dict[str, ActionPlan] = Field(
        {}, description="what is different about actions, and instances with names of their own"
    )
    order: Order = Field(
        "contact",
        description="what keeps its order at Cordial: a contact across all its actions, or each "
        "action of a contact for itself, which empties a backlog of few contacts faster",
    )
    orders: OrdersPlan = Field(OrdersPlan(), description="states, refunds and checks of orders")
    consent: ConsentPlan = Field(
        ConsentPlan(), description="where subscription statuses come from, and what is consent"
    )
    attributes: AttributesPlan | None = Field(
        None, description="guards attributes by what the account has; without it, nothing does"
    )
    markets: MarketsPlan | None = Field(
        None, description="what differs by market; without it, nothing does"
    )
