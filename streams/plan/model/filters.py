"""Keys of the plan: rules over events, before any trigger."""

from typing import Any, Literal

from pydantic import Field

from streams.plan.model.part import Part


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
