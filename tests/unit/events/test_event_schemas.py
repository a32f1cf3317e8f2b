"""Our schemas: sound, documented, append only, and written as the reference writes them."""

import io
import json
import shutil
from pathlib import Path
from typing import Any

import avro.io
import avro.schema
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from streams.kafka.codec import Codec
from streams.kafka.schemas import FOLDER, OwnSchema, Problem, check_schemas, own_schemas

OWN = sorted(own_schemas().values(), key=lambda own: own.id)
NAMES = [own.name for own in OWN]
NEWEST = {own.name: own for own in OWN}

# What was ever published under an id stays what it is: a line here is added and never changed.
FINGERPRINTS: dict[int, tuple[str, str]] = {
    1_900_000_001: (
        "customer_event.avsc",
        "c30dd6ecfba3ce9683ab631366284fdaa1ff95cfac0f31e5192dbf351155bfa2",
    ),
    1_900_000_002: (
        "command.avsc",
        "16db0326bfd8758e0e90e3cbcb807bb890374a3d6d34cbd5d4eabe6626780e37",
    ),
    1_900_000_003: (
        "receipt.avsc",
        "55ed6cca2132e6f2a62b669a93e9d6a63deb4759aed8873a03122d170a12223b",
    ),
    1_900_000_004: (
        "dead_letter.avsc",
        "f542209f1d988f94f72f07a068f757093ee842236f1325beb8e88b3df3e06099",
    ),
    1_900_000_005: (
        "seen.avsc",
        "ec8af8c98f30dd6f0a47663c96814fedabe7e0903ebb005cfaaafce248d94578",
    ),
    1_900_000_006: (
        "order_state.avsc",
        "afbd152c43657a8789b6a7a20a5449dad606536d8d3fecd1ab27976644687970",
    ),
    1_900_000_007: (
        "group_name.avsc",
        "0d6a43d8105d8f4e77aaf565edc4774a479b0bcc0943d2f0d1d90d1090b16077",
    ),
    1_900_000_008: (
        "parked.avsc",
        "7a54a3ce1ff4f6d52d37ad0f879eb0370dc73ff0fe8f26c51f8daa95ff380c14",
    ),
    1_900_000_009: (
        "order_state.2.avsc",
        "5618cedb13f008d968cf884555bab32e7d538ff429b76dd7b98e5d3d8cd74908",
    ),
    1_900_000_010: (
        "identities.avsc",
        "ef47f77b920474306df71d6552bb1a9c29bb43cc6c6c7891dddb9cc511cf0970",
    ),
    1_900_000_016: (
        "order_state.3.avsc",
        "ccaf6ae0abbb337aa4c98463a8d5df885714444cb859ec25028a93af20942414",
    ),
    1_900_000_017: (
        "supplement.avsc",
        "22a06a0c5b277d26e62b56bba6d2cb41cff11d66aa2276ddeccf44dde8c488f1",
    ),
    1_900_000_014: (
        "profile.avsc",
        "aaa8a4a39f43cda71cab7887dee1cb06c3762c6045f3beb327ab4ca86b04c141",
    ),
    1_900_000_015: (
        "consent.avsc",
        "9aff780211d95fb2fc4fa34973fe3a08fdb3dfa83bed6ee4011524b5723711b5",
    ),
    1_900_000_031: (
        "order_state.4.avsc",
        "445ecb9ed7c36eeb9d420f8cde5bb4087d9232d41d71365441a02a4b9df28330",
    ),
    1_900_000_030: (
        "command.2.avsc",
        "4d199213247f73e710d2a7c554fe2e899c1e99124753280e76cc8c5f836c2257",
    ),
    1_900_000_040: (
        "command.3.avsc",
        "c0317b17c9fe3b883961db748ee6649e5146e7ce3b52ee409611c363a03eeeb6",
    ),
    1_900_000_041: (
        "membership.avsc",
        "b65b51486a81885b384fa29fd873ef6c253c387328496db8b5794336a21cb367",
    ),
    1_900_000_060: (
        "migration.avsc",
        "f18213121aba3f4ce1b424c10bbb820c046808dfa835d317641bd034a9872509",
    ),
    1_900_000_011: (
        "held.avsc",
        "f4573ac8726a91a850e19191320dfeef79d4ce08a317723617f18a9bb61f07a7",
    ),
    1_900_000_012: (
        "link.avsc",
        "eaed6d9a5cad7d4630d878d293353738b9bfad3cc429d5369e56ae1a31eef4c3",
    ),
}


def test_the_published_ids_are_these() -> None:
    assert {own.id: (own.file, own.fingerprint) for own in OWN} == FINGERPRINTS


def test_every_schema_is_sound() -> None:
    assert check_schemas() == ()


def test_an_unsound_folder_is_reported_file_by_file(tmp_path: Path) -> None:
    for entry in FOLDER.iterdir():
        shutil.copy(str(entry), tmp_path / entry.name)
    (tmp_path / "seen.avsc").write_text(
        '{"type": "record", "name": "Seen", "fields": [{"name": "a", "type": "b"}]}'
    )
    (tmp_path / "parked.avsc").write_text("{")
    (tmp_path / "group_name.avsc").unlink()
    (tmp_path / "new.avsc").write_text('"string"')
    problems = check_schemas(tmp_path)
    assert [problem.file for problem in problems] == [
        "group_name.avsc",
        "new.avsc",
        "parked.avsc",
        "seen.avsc",
    ]
    assert problems[0] == Problem("group_name.avsc", "has an id and does not exist")
    assert problems[1] == Problem("new.avsc", "has no id in ids.json")
    assert all(problem.reason.startswith("is no Avro schema: ") for problem in problems[2:])


def test_a_folder_without_ids_is_reported(tmp_path: Path) -> None:
    assert [problem.file for problem in check_schemas(tmp_path)] == ["ids.json"]


def test_a_changed_default_changes_the_fingerprint_and_a_doc_does_not() -> None:
    text = '{"type": "record", "name": "A", "fields": [{"name": "b", "type": "int", %s}]}'
    prints = [
        OwnSchema(1, "a", "a.avsc", text % rest).fingerprint
        for rest in ('"default": 0', '"default": 0, "doc": "B."', '"default": 1')
    ]
    assert prints[0] == prints[1] != prints[2]


@pytest.mark.parametrize("own", OWN, ids=NAMES)
def test_everything_is_documented_and_ours(own: OwnSchema) -> None:
    schema = json.loads(own.text)
    assert schema["namespace"] == "cordial.streams"
    undocumented = [path for path, doc in _docs(schema, "") if not doc.strip()]
    assert undocumented == []


def _docs(schema: Any, path: str) -> list[tuple[str, str]]:
    """Every record, enum and field, with its doc."""
    if isinstance(schema, list):
        return [item for branch in schema for item in _docs(branch, path)]
    if not isinstance(schema, dict):
        return []
    kind = schema["type"]
    if isinstance(kind, dict | list):
        return _docs(kind, path)
    docs = [(path or schema["name"], schema.get("doc", ""))] if kind in ("record", "enum") else []
    for field in schema.get("fields", ()):
        at = f"{path}.{field['name']}"
        docs += [(at, field.get("doc", "")), *_docs(field["type"], at)]
    return docs + _docs(schema.get("items", schema.get("values", [])), path)


def _wrap(fields: dict[str, Any]) -> dict[str, Any]:
    return {"fields": fields}


LONGS = st.integers(-(2**63), 2**63 - 1)
PRIMITIVES: dict[str, st.SearchStrategy[Any]] = {
    "null": st.none(),
    "boolean": st.booleans(),
    "int": st.integers(-(2**31), 2**31 - 1),
    "long": LONGS,
    "double": st.floats(allow_nan=False, allow_infinity=False),
    "string": st.text(max_size=8),
    "bytes": st.binary(max_size=8),
}
OBJECT = st.recursive(
    st.dictionaries(st.text(max_size=4), st.none() | LONGS, max_size=2),
    lambda inner: st.dictionaries(
        st.text(max_size=4),
        st.one_of(
            *(PRIMITIVES[name] for name in ("null", "boolean", "long", "double", "string")),
            st.lists(LONGS | st.text(max_size=4) | st.builds(_wrap, inner), max_size=3),
            st.builds(_wrap, inner),
        ),
        max_size=3,
    ),
    max_leaves=6,
)


def _datum(schema: Any, named: dict[str, Any]) -> st.SearchStrategy[Any]:
    if isinstance(schema, list):
        return st.one_of(*(_datum(branch, named) for branch in schema))
    if isinstance(schema, str):
        return PRIMITIVES[schema] if schema in PRIMITIVES else _datum(named[schema], named)
    kind = schema["type"]
    if kind == "record":
        named[schema["name"]] = schema
        if schema["name"] == "Object":
            return st.builds(_wrap, OBJECT)
        fields = {field["name"]: _datum(field["type"], named) for field in schema["fields"]}
        return st.fixed_dictionaries(fields)
    if kind == "enum":
        return st.sampled_from(schema["symbols"])
    if kind == "array":
        return st.lists(_datum(schema["items"], named), max_size=3)
    if kind == "map":
        return st.dictionaries(st.text(max_size=4), _datum(schema["values"], named), max_size=3)
    return PRIMITIVES[kind]


class FirstBranch(avro.io.DatumWriter):  # type: ignore[misc]
    """The reference writes a whole number as a double where a union has both; we as a long."""

    def write_union(self, writer_schema: Any, datum: Any, encoder: Any) -> None:
        fits = [avro.io.Validate(branch, datum) for branch in writer_schema.schemas]
        index = fits.index(True)
        encoder.write_long(index)
        self.write_data(writer_schema.schemas[index], datum, encoder)


@pytest.mark.parametrize("own", NEWEST.values(), ids=NEWEST)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_bytes_are_those_of_the_reference_both_ways(own: OwnSchema, data: st.DataObject) -> None:
    record = data.draw(_datum(json.loads(own.text), {}))
    codec = Codec()
    ours = codec.encode(own.name, record)
    schema = avro.schema.parse(own.text)
    stream = io.BytesIO()
    FirstBranch(schema).write(record, avro.io.BinaryEncoder(stream))
    theirs = stream.getvalue()
    assert ours == b"\0" + own.id.to_bytes(4, "big") + theirs
    assert codec.decode(own.name, ours) == record
    assert avro.io.DatumReader(schema).read(avro.io.BinaryDecoder(io.BytesIO(ours[5:]))) == record
