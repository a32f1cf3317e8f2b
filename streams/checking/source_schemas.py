"""The schemas of sources, from files beside the plan or from the registry, and what they say of it.

Used by `plan check` and `check`; a worker reads by the writer's schema and needs no file.
"""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path as File

from streams.kafka.registry import Found, Registry, RegistryAway, open_registry
from streams.plan import Plan
from streams.plan.model import SourcePlan
from streams.plan.places import Path, Text, Wrong, said
from streams.plan.record_schemas import NoSchemaError, RecordSchema, problems, record_schema
from streams.plan.sourcing import Said, record_name, record_types
from streams.settings import RegistrySettings, load
from streams.settings.errors import SettingsError

OFFLINE = "it has no schema:, and the registry is not asked"


@dataclass(frozen=True, slots=True)
class Compared:
    """What is wrong with the mappings of a plan, and which of them nothing was there to tell by.

    `schemas` are those that were there, by where their records stand in the plan.
    """

    wrong: tuple[Wrong, ...]
    unknown: tuple[str, ...]
    schemas: dict[Path, RecordSchema]


@dataclass(frozen=True, slots=True)
class _Place:
    """A record type of a source, where it stands in the plan."""

    source: SourcePlan
    said: Said
    at: Path

    @property
    def name(self) -> str | None:
        return record_name(self.source.topic, self.said)

    @property
    def subjects(self) -> list[str]:
        """Where the registry may have its schema, in this order."""
        topic, name = self.source.topic, self.name
        if self.said.subject is not None:
            return [self.said.subject]
        named = [] if name is None else [f"{topic}-{name}", name]
        return [*named, f"{topic}-value"]


def compared(plan: Plan, text: Text, file: File | None, *, offline: bool = False) -> Compared:
    """The mappings of the plan in this file beside the schemas of their records.

    `offline`: the registry is not asked.
    """
    wrong: list[Wrong] = []
    unknown: list[str] = []
    schemas: dict[Path, RecordSchema] = {}
    places = list(_mapped(plan))
    asked = [one for one in places if one.said.schema_file is None]
    answers: dict[Path, RecordSchema | str] = dict.fromkeys((one.at for one in asked), OFFLINE)
    if asked and not offline:
        answers = asyncio.run(_asked(asked))
    for place in places:
        try:
            schema = _of_file(place, file) or answers[place.at]
        except NoSchemaError as error:
            wrong.append(
                said(text, (*place.at, "schema"), str(error), "correct the file, or record:")
            )
            continue
        if isinstance(schema, RecordSchema):
            schemas[place.at] = schema
            found = problems(place.said.mapping or {}, schema, (*place.at, "mapping"))
            wrong += [said(text, *problem) for problem in found]
        else:
            shown = f"{place.source.topic}{f', {place.name}' if place.name else ''}"
            unknown.append(f"{shown}: its mapping was compared with no schema: {schema}")
    return Compared(tuple(wrong), tuple(unknown), schemas)


def _mapped(plan: Plan) -> Iterator[_Place]:
    for number, source in enumerate(plan.sources):
        for below, one in record_types(source):
            if one.mapping is not None:
                yield _Place(source, one, ("sources", number, *below))


def _of_file(place: _Place, file: File | None) -> RecordSchema | None:
    name = place.said.schema_file
    if name is None:
        return None
    path = (file.parent if file else File()) / name
    try:
        return record_schema((path.read_text("utf-8"),), place.name)
    except OSError as error:
        raise NoSchemaError(f"cannot be read ({error.strerror}): {path}") from None
    except UnicodeDecodeError:
        raise NoSchemaError(f"is no UTF-8: {path}") from None
    except NoSchemaError as error:
        raise NoSchemaError(f"{error}: {path}") from None


def _settings() -> RegistrySettings:
    try:
        return load().registry
    except SettingsError:
        return RegistrySettings()


async def _asked(places: list[_Place]) -> dict[Path, RecordSchema | str]:
    """The schema of each, or why there is none."""
    settings = _settings()
    if settings.url is None:
        return {one.at: "give it schema:, or set registry.url" for one in places}
    registry = open_registry(settings)
    try:
        return {one.at: await _of_registry(one, registry) for one in places}
    finally:
        await registry.close()


async def _of_registry(place: _Place, registry: Registry) -> RecordSchema | str:
    for subject in place.subjects:
        answer = await registry.latest(subject)
        if isinstance(answer, RegistryAway):
            return f"the registry does not answer ({answer.why})"
        if isinstance(answer, Found):
            try:
                return record_schema(answer.texts, place.name)
            except NoSchemaError as error:
                return f"that of {subject} {error}"
    return f"the registry has none of {', '.join(place.subjects)}"
