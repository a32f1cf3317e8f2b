"""Keys of the plan: states, refunds and checks of orders."""

from typing import Literal

from pydantic import Field

from streams.plan.model.part import Part


class OrdersPlan(Part):
    """What is the company's own about orders, whatever action tells them."""

    status_from: str = Field("event", description="where an event says the state of its order")
    statuses: dict[str, str] = Field(
        {}, description="the company's words for states, and Cordial's status for each"
    )
    on_unknown_status: Literal["send", "dead_letter"] = Field(
        "send", description="what happens to a state that is neither in the table nor Cordial's"
    )
    transitions: dict[str, list[str]] = Field(
        {},
        description="which states may follow a state, as the events come; one that is not here,"
        " by any",
    )
    on_forbidden: Literal["suppress", "dead_letter"] = Field(
        "suppress", description="what happens to a state that may not follow the last one"
    )
    refund_amounts: Literal["each", "so_far"] = Field(
        "each", description="whether refund events tell their own amounts or the sum so far"
    )
    on_over_refund: Literal["note", "dead_letter"] = Field(
        "note", description="what happens where refunds are more than the order's total"
    )
    required: list[str] = Field(
        [],
        description="fields that an order with lines must have: `items.qty`, `totalAmount`; "
        "`items`: an Order Completed must say them",
    )
    on_unknown_currency: Literal["ignore", "note", "dead_letter"] = Field(
        "note", description="what happens to a currency that ISO 4217 does not have"
    )
    on_wrong_total: Literal["ignore", "note", "dead_letter"] = Field(
        "note", description="what happens where the lines do not add up to the total"
    )
    tolerance: float = Field(
        0.01, ge=0, le=1_000_000, description="by how much amounts may differ all the same"
    )
    on_malformed: Literal["hold_activities", "send_activities"] = Field(
        "hold_activities",
        description="what happens to the activities of an event whose order is malformed",
    )
