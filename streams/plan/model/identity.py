"""Keys of the plan: who a contact is."""

from typing import Literal

from pydantic import Field

from streams.plan.model.part import Part

Case = Literal["keep", "lower", "upper"]


class EmailPlan(Part):
    """E-mail addresses; all are in lower case."""

    paths: list[str] = Field(
        ["traits.email", "context.traits.email", "properties.email"],
        description="where it is looked for, in this order",
    )
    fold_plus_addresses: bool = Field(
        False, description="whether what follows a + is left out of an address"
    )
    alias_domains: dict[str, str] = Field(
        {}, description="domains by another name that they have: the domain is written"
    )


class PhonePlan(Part):
    """Phones; all are E.164."""

    paths: list[str] = Field(
        ["traits.phone", "context.traits.phone", "properties.phone"],
        description="where it is looked for, in this order",
    )


class UserIdPlan(Part):
    """How the user id is written as an identifier. The key of its contact stays as it is."""

    case: Case = Field("keep", description="in which case its letters are written")


class KeyPlan(Part):
    """A further identifier, under the name that the account gives its unique attribute."""

    paths: list[str] = Field(min_length=1, description="where it is looked for, in this order")
    case: Case = Field("keep", description="in which case its letters are written")


class HoldPlan(Part):
    """What is held of visitors whose events wait for a user."""

    events: int = Field(100, ge=1, le=10_000, description="of one visitor, the newest")
    days: float = Field(7, ge=0, le=365, description="after which an event is held no longer")
    megabytes: float = Field(
        64, ge=0, le=16_384, description="of one partition, the newest; they are kept in memory"
    )


class IdentityPlan(Part):
    """Who a contact is."""

    priority: list[str] = Field(
        ["user", "email", "phone"],
        min_length=1,
        description="which identifier is tried first; `user`, `email`, `phone`, names of `keys`",
    )
    email: EmailPlan = Field(EmailPlan(), description="e-mail addresses")
    phone: PhonePlan = Field(PhonePlan(), description="phones")
    user_id: UserIdPlan = Field(UserIdPlan(), description="how the user id is written")
    keys: dict[str, KeyPlan] = Field(
        {}, description="further identifiers, by the account's own names"
    )
    anonymous: Literal["drop", "hold", "send"] = Field(
        "drop", description="what happens to events that only an anonymous id identifies"
    )
    anonymous_attribute: str = Field(
        "anonymous_id",
        min_length=1,
        description="with `send`: the account's unique attribute for anonymous ids",
    )
    hold: HoldPlan = Field(HoldPlan(), description="with `hold`: how much is held, and how long")
    link_days: float = Field(
        30, ge=0, le=3650, description="how long it is remembered whom a visitor became"
    )
    learn: bool = Field(
        True, description="whether identifiers of earlier commands of a contact complete later ones"
    )
