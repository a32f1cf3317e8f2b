"""Keys of the plan: which market an event is of, and what is different there."""

from typing import Any, Literal

from pydantic import Field

from streams.plan.model.part import Part


class MarketPlan(Part):
    """What is different about one market."""

    words: list[str] = Field([], description="what events call it, besides its name; any case")
    when: Any = Field(None, description="or which events are its own; goes before words")
    phone_region: str | None = Field(None, description="ISO 3166 region of phones without a +")
    list_prefix: str = Field("", description="what stands in front of the names of lists")
    lists: dict[str, str] = Field({}, description="names of lists here, without the prefix")
    currency: str | None = Field(None, description="ISO 4217, for orders that say none")
    minor_units: bool = Field(False, description="whether amounts are in cents or the like")
    locale: str | None = Field(None, description="for mappings: `market.locale`")
    attributes: dict[str, Any] = Field({}, description="constants of contacts")
    properties: dict[str, Any] = Field({}, description="constants of orders and activities")


class MarketsPlan(Part):
    """Which market an event is of, and what is different there."""

    told_by: list[str] = Field([], description="where events name it; the first that says one")
    known: dict[str, MarketPlan] = Field(min_length=1, description="the markets")
    unknown: Literal["dead_letter", "default"] = Field(
        "dead_letter", description="what happens to events of no known market"
    )
    default: str | None = Field(None, description="their market, where unknown: default")
    serve: list[str] | None = Field(
        None, min_length=1, description="the markets of this account; events of others are filtered"
    )
