"""All that is possible in a plan and probably not meant: `plan check` and `check` note it."""

from collections.abc import Mapping

from streams.plan.doubts import doubts
from streams.plan.enum_rows import enum_rows
from streams.plan.mistaken import mistaken
from streams.plan.model import Plan
from streams.plan.places import Path, Text, Wrong
from streams.plan.record_schemas import RecordSchema
from streams.plan.unsaid import unsaid


def notes(plan: Plan, text: Text, schemas: Mapping[Path, RecordSchema]) -> tuple[Wrong, ...]:
    """Each, in the order of the file; `schemas` by where their sources stand."""
    found = [
        *doubts(plan, text),
        *mistaken(plan, text),
        *unsaid(plan, text, schemas),
        *enum_rows(plan, text, schemas),
    ]
    return tuple(sorted(found, key=lambda one: one.line))
