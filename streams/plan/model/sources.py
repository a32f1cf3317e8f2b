"""Keys of the plan: the topics of the bus, and what event a record is."""

from typing import Any

from pydantic import Field

from streams.plan.model.filters import FilterPlan
from streams.plan.model.part import Part

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
