"""docs/asyncapi.yaml is what the code has, and what AsyncAPI 3 takes."""

import json
import re

import jsonschema
import pytest
import yaml

from streams.kafka import framing, hops, load
from streams.kafka.names import TABLES, migrations_topic
from streams.kafka.schemas import own_schemas
from streams.kafka.topics import wanted_topics
from streams.plan import instance_names, load_plan
from streams.settings import Settings
from tests.deploy.files import ROOT, validator
from tools.asyncapi import FILE, written
from tools.messages import HEADERS, ROW_SCHEMAS, newest
from tools.topics import K8S

DOCUMENT = yaml.safe_load(FILE.read_text())
MESSAGES = DOCUMENT["components"]["messages"]


def test_it_is_fresh():
    assert FILE.read_text() == written(), "run: make docs"


def test_it_has_every_topic_of_the_code_and_no_other():
    plan = load_plan(K8S / "base" / "plan.yaml")
    unkeyed = [one.model_copy(update={"keyed_by_user": False}) for one in plan.sources]
    wanted = wanted_topics(Settings(), unkeyed, instance_names(plan), 1)
    ours = {one.name for one in wanted} | {one.topic for one in plan.sources}
    ours.add(migrations_topic(Settings()))
    assert set(DOCUMENT["channels"]) == ours
    assert {one["address"] for one in DOCUMENT["channels"].values()} == ours


def test_it_has_every_header_that_the_code_knows():
    known = {value for part in (load, hops) for value in vars(part).values() if _header(value)}
    known |= {framing.HEADER, load.TRACEPARENT}
    told = {name for one in MESSAGES.values() for name in one.get("headers", _NONE)["properties"]}
    assert known == set(HEADERS) == told


def _header(value):
    return isinstance(value, str) and re.fullmatch(r"x-[\w-]+", value)


_NONE = {"properties": {}}


def test_it_has_every_schema_as_it_is_written():
    told = {one["payload"]["schema"]["$ref"] for one in MESSAGES.values()}
    names = {one.name for one in own_schemas().values()}
    assert told == {f"../avro/{newest(name).file}" for name in names}


def test_it_has_the_rows_of_every_table():
    assert set(ROW_SCHEMAS) == set(TABLES)


def test_what_is_read_and_written_is_there():
    for name, one in DOCUMENT["operations"].items():
        channel = DOCUMENT["channels"][one["channel"]["$ref"].removeprefix("#/channels/")]
        for message in one["messages"]:
            assert message["$ref"].rpartition("/")[2] in channel["messages"], name
    names = {name.partition(" ")[2] for name in DOCUMENT["operations"]}
    assert names == set(DOCUMENT["channels"])


def resolved(value):
    """The document with its Avro schemas in it."""
    if isinstance(value, list):
        return [resolved(one) for one in value]
    if not isinstance(value, dict):
        return value
    target = value.get("$ref", "")
    if target.startswith("../"):
        return json.loads((FILE.parent / target).resolve().read_text())
    return {key: resolved(one) for key, one in value.items()}


@pytest.mark.parametrize("document", [DOCUMENT, resolved(DOCUMENT)], ids=["as it is", "resolved"])
def test_it_is_asyncapi(document):
    schema = json.loads(validator("asyncapi-3.0.0.json").read_text())
    kind = jsonschema.validators.validator_for(schema)
    found = [
        f"{'/'.join(map(str, e.path))}: {e.message[:200]}"
        for e in kind(schema).iter_errors(document)
    ]
    assert found == []


def test_its_schemas_are_files_of_this_repository():
    for one in MESSAGES.values():
        assert (FILE.parent / one["payload"]["schema"]["$ref"]).resolve().is_relative_to(ROOT)
