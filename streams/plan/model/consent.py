"""Keys of the plan: who may be told to subscribe whom."""

from typing import Any, Literal

from pydantic import Field

from streams.plan.model.part import Part

Status = Literal["none", "subscribed", "unsubscribed", "pendingDOI"]


class ListedPlan(Part):
    """An event that is consent, or that takes it back."""

    name: str = Field(
        pattern=r"^[A-Za-z0-9_-]{1,60}$", description="what receipts and the audit call the rule"
    )
    when: Any = Field(description="which events it is for")
    status: Status | None = Field(None, description="what such an event says of the channel")
    value: Any = Field(
        None, description="a mapping: where such an event says it, in one of the words"
    )


class ChannelPlan(Part):
    """Where a channel's subscription status comes from."""

    status: Any = Field(
        None, description="a mapping: where the status stands in what upsertContact is made of"
    )
    words: dict[bool | int | str, Status] = Field(
        {}, description="the company's words for statuses; Cordial's own need none"
    )
    events: list[ListedPlan] = Field(
        [], description="the events that are consent; of each the first that fits counts"
    )


class ConsentPlan(Part):
    """Who may be told to subscribe whom: without it no status is ever sent."""

    since: Any = Field(
        None, description="ISO 8601, the go-live: an event before it is a status and no consent"
    )
    in_doubt: Literal["resend", "at_most_once"] = Field(
        "at_most_once",
        description="whether a consent that a crash left open is sent with forceSubscribe again",
    )
    channels: dict[str, ChannelPlan] = Field(
        {}, description="email, sms and further ones, as Cordial names them"
    )
