"""Keys of the plan: what is different about actions, and instances with names of their own."""

from typing import Any, Literal

from pydantic import Field

from streams.actions import ACTIONS
from streams.plan.model.filters import FilterPlan
from streams.plan.model.part import Part


class MergePlan(Part):
    """When Cordial may merge contacts, in its own words."""

    mergeAllowed: bool = Field(description="whether it may")  # noqa: N815
    mergeableSecondaryKeys: list[str] = Field(  # noqa: N815
        [], description="the keys by which two contacts may turn out to be one"
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
