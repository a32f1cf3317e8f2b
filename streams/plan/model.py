"""What may stand in a plan: every key with its type, its default and its meaning."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from streams.actions import ACTIONS
from streams.core.catalogue import Verdict

Status = Literal["none", "subscribed", "unsubscribed", "pendingDOI"]


class Part(BaseModel):
    """A part of the plan: nothing but its own keys, and types as they are."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


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


class MergePlan(Part):
    """When Cordial may merge contacts, in its own words."""

    mergeAllowed: bool = Field(description="whether it may")  # noqa: N815
    mergeableSecondaryKeys: list[str] = Field(  # noqa: N815
        [], description="the keys by which two contacts may turn out to be one"
    )


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


class FilterPlan(Part):
    """A rule over events, before any trigger: a name, maybe a condition, and one of the words."""

    name: str = Field(
        pattern=r"^[A-Za-z0-9_-]{1,60}$", description="what receipts and traces call it"
    )
    when: Any = Field(None, description="for which events it is; for all without it")
    drop: Literal[True] | None = Field(None, description="keeps the event back")
    sample: float | None = Field(
        None, ge=0, le=1, description="the share of contacts whose events stay"
    )
    drop_fields: list[str] | None = Field(
        None, min_length=1, description="these fields go; `*` stands for any name"
    )
    allow_fields: list[str] | None = Field(
        None, description="of properties, traits and context these fields alone stay"
    )
    rename: dict[str, str] | None = Field(
        None, min_length=1, description="fields by where they stand and where they go"
    )


_RECORD: Any = Field(
    None, description="full name of the Avro record that is meant; others are filtered"
)
_SUBJECT: Any = Field(None, description="its subject in the schema registry, in place of the name")
_SCHEMA: Any = Field(
    None,
    alias="schema",
    min_length=1,
    description="an .avsc file beside the plan, which `plan check` compares the mapping with",
)
_MAPPING: Any = Field(
    None, description="fields of the event by what of the record they are; without it, by name"
)


class RecordPlan(Part):
    """A type of record on a topic, and what event it is."""

    record: str | None = _RECORD
    subject: str | None = _SUBJECT
    schema_file: str | None = _SCHEMA
    mapping: dict[str, Any] | None = _MAPPING


class SourcePlan(Part):
    """A topic of the company's bus."""

    topic: str = Field(min_length=1, description="the topic's name")
    keyed_by_user: bool = Field(True, description="whether its records are keyed by the contact")
    enabled: bool = Field(True, description="off: it is not read, and its place is kept")
    paused: bool = Field(False, description="not read for a while, and its place is kept")
    record: str | None = _RECORD
    subject: str | None = _SUBJECT
    schema_file: str | None = _SCHEMA
    mapping: dict[str, Any] | None = _MAPPING
    records: list[RecordPlan] = Field(
        [], description="the types of records, where there are several"
    )
    filters: list[FilterPlan] = Field(
        [], description="rules over events, for this source alone, before those at the top"
    )


class SupplementPlan(Part):
    """What an instance of upsertSupplementRecords sends."""

    name: str = Field(min_length=1, description="the supplement, as the account calls it")
    each: str | None = Field(
        None, description="the list with a record in each member; without it, one record per event"
    )
    id: Any = Field(description="a mapping: the id of the record")
    id_prefix: str = Field(
        "id-", pattern=r"^[A-Za-z0-9_-]{1,20}$", description="before ids of 24 hexadecimal digits"
    )
    updated_date_field: str | None = Field(
        None, min_length=1, description="the record's field that holds its update date"
    )
    updated: Any = Field(
        None, description="a mapping: that date; without it, the time of the event"
    )
    record: dict[str, Any] = Field({}, description="a mapping: the record's other fields")


class ActionPlan(Part):
    """What is different about an action, or what an instance with a name of its own is."""

    action: str | None = Field(
        None,
        description="which action an instance with a name of its own is",
        json_schema_extra={"enum": [*ACTIONS]},
    )
    enabled: bool | None = Field(
        None, description="on or off; without it, on where there is a trigger"
    )
    trigger: Any = Field(
        None, description="which events it is for; without it, the default of its action"
    )
    mapping: dict[str, Any] | None = Field(
        None, description="laid over the action's own mapping: null takes a field away"
    )
    filters: list[FilterPlan] = Field([], description="rules over events, for this action alone")
    priority: int = Field(
        0, description="of one event's commands of one rank the lower goes first, then the name"
    )
    only_changed: bool = Field(
        True, description="contacts: whether attributes that Cordial was told before stay behind"
    )
    resend_after_days: float = Field(
        30,
        ge=1,
        le=3650,
        description="contacts: an unchanged attribute is sent again by an event this much later",
    )
    on_dead_letter: Literal["continue", "park"] = Field(
        "continue", description="whether later commands of the contact go on or wait"
    )
    in_doubt: Literal["resend", "at_most_once"] = Field(
        "resend", description="orders: what happens to a request whose answer never came"
    )
    can_be_created: bool = Field(True, description="activities: whether they may create contacts")
    supplement: SupplementPlan | None = Field(
        None, description="supplement records: what they are called and what stands in them"
    )
    page_name: str = Field("pageView", description="activities: what the one of a page is called")
    join_members: int | None = Field(
        None, ge=1, description="commands in one request, at most; without it, as in the settings"
    )
    join_bytes: int | None = Field(
        None, ge=1, description="bytes of commands in one request, at most; else as in the settings"
    )
    merge_options: MergePlan | None = Field(
        None, description="profiles and activities: when their requests may merge contacts"
    )


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


class AttributesPlan(Part):
    """What happens to attributes that the account would not take as they are."""

    unknown: Verdict = Field("warn", description="the account has no such attribute")
    wrong_type: Verdict = Field("warn", description="it is of another type")
    over_limit: Verdict = Field("warn", description="too long, too large, or too many members")
    list_name: Verdict = Field("drop", description="a flag with the name of a list")


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
