"""Sources of the plan: what is wrong with them, and what records are read by."""

import re
from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

from streams.core.event import EVENT_TYPES
from streams.core.filters import Rule
from streams.core.mapping import is_object
from streams.plan import filtering
from streams.plan.mappings import Check
from streams.plan.model import Plan, RecordPlan, SourcePlan
from streams.plan.places import Finding, Path, suggestion
from streams.plan.record_schemas import lacking
from streams.sources.bus import Bus, RecordType
from streams.sources.customer_event import FIELDS
from streams.sources.mapped import OBJECTS, compile_mapped

FULL_NAME = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*", re.ASCII)
TOPIC = re.compile(r"[A-Za-z0-9._-]{1,249}")
"""What Kafka takes for one."""
OF_RECORDS = ("record", "subject", "schema_file", "mapping")
Said = RecordPlan | SourcePlan


def record_types(source: SourcePlan) -> list[tuple[Path, Said]]:
    """What a source says of each type of record, and where below it."""
    if source.records:
        return [(("records", number), one) for number, one in enumerate(source.records)]
    return [((), source)]


def record_name(topic: str, said: Said) -> str | None:
    """The full name of the records that are meant; None means any."""
    return said.record if said.subject is None else _of_subject(topic, said.subject)


def _of_subject(topic: str, subject: str) -> str | None:
    """`<topic>-value` is the subject of any record, `<topic>-<record>` and `<record>` of one."""
    return None if subject == f"{topic}-value" else subject.removeprefix(f"{topic}-")


def bus_of(plan: Plan) -> Bus:
    """What is read from the topics of a checked plan."""
    topics = {source.topic: _types(source) for source in plan.sources}
    keyed = [source.topic for source in plan.sources if source.keyed_by_user]
    return Bus(topics, keyed[0] if keyed else None)


def filters_of(plan: Plan) -> dict[str, tuple[Rule, ...]]:
    """The filters of each source that has some, by topic."""
    return {one.topic: filtering.compiled(one.filters) for one in plan.sources if one.filters}


def _types(source: SourcePlan) -> tuple[RecordType, ...]:
    return tuple(
        _type(record_name(source.topic, said), said.mapping) for _, said in record_types(source)
    )


def _type(name: str | None, mapping: dict[str, Any] | None) -> RecordType:
    if mapping is None:
        return RecordType(name)
    return RecordType(name, compile_mapped(mapping), partial(lacking, mapping, name))


def problems(sources: Sequence[SourcePlan]) -> Iterator[Finding]:
    """What is wrong with the sources."""
    topics: set[str] = set()
    for number, source in enumerate(sources):
        at: Path = ("sources", number)
        if not TOPIC.fullmatch(source.topic):
            yield (*at, "topic"), "is no name of a topic", "letters, digits, . _ and - are expected"
        if source.topic in topics:
            remedy = "give that one records:, or correct the name"
            yield (*at, "topic"), "is the topic of an earlier source", remedy
        topics.add(source.topic)
        if source.records:
            for key in OF_RECORDS:
                if getattr(source, key) is not None:
                    name = _key(key)
                    yield (*at, name), "stands beside records:", "say it of one of the records"
        yield from _names(source, at)
        for below, said in record_types(source):
            yield from _record(said, (*at, *below))
        yield from filtering.problems(source.filters, (*at, "filters"))


def _key(field: str) -> str:
    return "schema" if field == "schema_file" else field


def _names(source: SourcePlan, at: Path) -> Iterator[Finding]:
    known: set[str | None] = set()
    for below, said in record_types(source):
        place = (*at, *below)
        named = (*place, "record" if said.subject is None else "subject")
        name = record_name(source.topic, said)
        if name is not None and not FULL_NAME.fullmatch(name):
            yield named, *_no_name(source.topic, said)
        elif said.record is not None and said.subject is not None and name != said.record:
            what = f"is of {name or 'any record'}, and record: says {said.record}"
            yield named, what, "leave one of them out"
        elif name in known:
            twice = "is the record of an earlier one" if name else "is for any record as another is"
            yield named if name else place, twice, "give each a record: of its own"
        known.add(name)


def _no_name(topic: str, said: Said) -> tuple[str, str]:
    if said.subject is None:
        return "is no full name of a record", "namespace and name are expected, like shop.Order"
    expected = f"{topic}-value, {topic}-<record> or <record> is expected"
    return "is no subject of this topic", expected


def _record(said: Said, at: Path) -> Iterator[Finding]:
    if said.mapping is None:
        if said.schema_file is not None:
            yield (*at, "schema"), "is for a mapping, and there is none", "leave it out"
        return
    check, below = Check(of_record=True), (*at, "mapping")
    if "type" not in said.mapping:
        yield below, "has no type", f"give it type: {{const: …}}, one of {', '.join(EVENT_TYPES)}"
    for name, spec in said.mapping.items():
        place = (*below, name)
        if name not in FIELDS:
            yield place, "is no field of an event", suggestion(name, FIELDS)
        elif spec is None:
            yield place, "has nothing below it", "give it something, or leave it out"
        elif name not in OBJECTS and is_object(spec):
            yield place, "is an object, where an event has a text", "a fixed text is {const: …}"
        else:
            yield from check.problems(spec, place)
    kind = said.mapping.get("type")
    fixed = kind.get("const") if isinstance(kind, dict) else EVENT_TYPES[0]
    if isinstance(kind, dict) and "const" in kind and fixed not in EVENT_TYPES:
        near = suggestion(str(fixed), EVENT_TYPES)
        yield (*below, "type", "const"), "is no type of an event", near
