"""Mappings of sources beside the schemas of their records: what a schema has not is an error."""

import asyncio
import json
import threading
from contextlib import contextmanager

import pytest
from aiohttp import web

from streams.checking.check import run_check
from streams.checking.plan import run_plan_check
from streams.checking.source_schemas import compared
from streams.plan.reading import read_plan

LINE = {
    "type": "record",
    "name": "Line",
    "fields": [
        {"name": "sku", "type": "string"},
        {"name": "price", "type": {"type": "bytes", "logicalType": "decimal", "precision": 9}},
        {"name": "inner", "type": ["null", "Line"], "default": None},
    ],
}
ORDER = {
    "type": "record",
    "name": "Order",
    "namespace": "com.shop",
    "fields": [
        {"name": "id", "type": "long"},
        {"name": "state", "type": {"type": "enum", "name": "State", "symbols": ["PAID"]}},
        {"name": "lines", "type": ["null", {"type": "array", "items": LINE}], "default": None},
        {"name": "first", "type": "com.shop.Line"},
        {"name": "tags", "type": {"type": "map", "values": "string"}},
        {"name": "codes", "type": {"type": "array", "items": "string"}},
        {"name": "raw", "type": "bytes"},
        {"name": "placed", "type": {"type": "long", "logicalType": "timestamp-millis"}},
        {"name": "either", "type": ["null", "long", "com.shop.Line"], "default": None},
    ],
}
PLAN = """\
sources:
  - topic: shop
    keyed_by_user: false
    record: com.shop.Order
    schema: schemas/order.avsc
    mapping:
      type: {const: track}
      properties:
"""
FITS = [
    "x: id",
    "x: state",
    "x: lines",
    "x: lines.0.sku",
    "x: first.inner.inner.sku",
    "x: tags.anything",
    "x: either.sku",
    "x: {each: lines, as: {sku: sku, deeper: inner.price, order: $.id, what: $.lines.0.sku}}",
    "x: {each: {fn: take, count: 3, of: lines}, as: {sku: whatever}}",
    'x: {when: state = "PAID" and lines exists, use: placed}',
    "x: [id, {fn: text, of: id}, {const: 3}]",
    "x: {const: nothing.there}",
]
ERRORS = {
    "a name that is not there": (
        "x: stat",
        "line 9: sources.0.mapping.properties.x stat is not in com.shop.Order: the record has id,"
        " state, lines, first, tags, codes, raw, placed, either; did you mean state?",
    ),
    "a name like none": ("x: zzz", "the record has id, state, lines"),
    "inside a record": (
        "x: first.skuu",
        "first.skuu is not in com.shop.Order: first has sku, price, inner; did you mean first.sku?",
    ),
    "inside a list without its place": (
        "x: lines.sku",
        "lines is of type array; use each:, or the place of a member, like .0",
    ),
    "inside what has no fields": (
        "x: placed.day",
        "placed.day is not in com.shop.Order: placed is of type timestamp-millis; it has no fields",
    ),
    "inside each": (
        "x: {each: lines, as: {sku: skuu}}",
        "properties.x.as.sku skuu is not in com.shop.Order: the record has sku, price, inner;"
        " did you mean sku?",
    ),
    "the whole record inside each": (
        "x: {each: lines, as: {sku: $.idd}}",
        "properties.x.as.sku idd is not in com.shop.Order: the record has id,",
    ),
    "each of no list": (
        "x: {each: first, as: {sku: sku}}",
        "properties.x.each first is of type record; each: is for lists of records; without it",
    ),
    "each of texts": (
        "x: {each: codes, as: {c: c}}",
        "properties.x.each codes is of type array; each: is",
    ),
    "in a condition": (
        'x: {when: status = "PAID", use: id}',
        "properties.x.when status is not in com.shop.Order",
    ),
    "in a function": ("x: {fn: text, of: idd}", "properties.x.of idd is not in com.shop.Order"),
    "in an alternative": ("x: [id, idd]", "properties.x.1 idd is not in com.shop.Order"),
    "bytes": ("x: raw", "properties.x raw is bytes, which no event has; leave it out"),
}


@pytest.fixture
def planned(tmp_path, monkeypatch):
    monkeypatch.delenv("CORDIAL_STREAMS_REGISTRY__URL", raising=False)
    (tmp_path / "schemas").mkdir()
    (tmp_path / "schemas" / "order.avsc").write_text(json.dumps(ORDER))

    def write(text):
        path = tmp_path / "plan.yaml"
        path.write_text(text)
        return path

    return write


def errors(path):
    plan, text = read_plan(path)
    return [str(one) for one in compared(plan, text, path).wrong]


@pytest.mark.parametrize("line", FITS)
def test_a_mapping_that_the_schema_has_is_right(planned, line):
    assert errors(planned(f"{PLAN}        {line}\n")) == []


@pytest.mark.parametrize(("line", "said"), ERRORS.values(), ids=ERRORS)
def test_a_path_that_the_schema_has_not_is_told_with_what_there_is(planned, line, said):
    (error,) = errors(planned(f"{PLAN}        {line}\n"))
    assert said in error


SCHEMAS = {
    "no file": (None, "line 5: sources.0.schema cannot be read (No such file or directory)"),
    "no JSON": ("{", "sources.0.schema is no JSON"),
    "no schema": ('{"type": "rekord"}', "sources.0.schema is no Avro schema"),
    "an unknown type": (
        '{"type": "record", "name": "a.B", "fields": [{"name": "c", "type": "d.E"}]}',
        "sources.0.schema is no Avro schema",
    ),
    "no record": ('"string"', "sources.0.schema is not that of a record"),
    "another record": (
        '{"type": "record", "name": "a.B", "fields": []}',
        "sources.0.schema is that of a.B, and com.shop.Order is meant",
    ),
}


@pytest.mark.parametrize(("text", "said"), SCHEMAS.values(), ids=SCHEMAS)
def test_a_schema_that_is_none_is_told(planned, tmp_path, text, said):
    path = tmp_path / "schemas" / "order.avsc"
    path.unlink() if text is None else path.write_text(text)
    (error,) = errors(planned(f"{PLAN}        x: id\n"))
    assert said in error


def test_a_file_may_hold_several_schemas(planned, tmp_path):
    shared = {"type": "record", "name": "com.shop.Shared", "fields": []}
    (tmp_path / "schemas" / "order.avsc").write_text(json.dumps([ORDER, shared]))
    assert errors(planned(f"{PLAN}        x: id\n")) == []


def test_plan_check_and_check_tell_it(planned, capsys):
    path = planned(f"{PLAN}        x: stat\n")
    assert run_plan_check(path, as_json=True) == 3
    (error,) = json.loads(capsys.readouterr().out)["errors"]
    assert (error["place"], error["line"]) == ("sources.0.mapping.properties.x", 9)
    assert run_check(path, offline=True, as_json=True) == 5
    (problem,) = json.loads(capsys.readouterr().out)["problems"]
    assert problem["what"].startswith("line 9: stat is not in com.shop.Order")


WITHOUT = PLAN.replace("    schema: schemas/order.avsc\n", "") + "        x: stat\n"


def test_a_mapping_without_a_schema_is_a_note(planned, capsys):
    assert run_plan_check(planned(WITHOUT), as_json=False) == 0
    note = "note: shop, com.shop.Order: its mapping was compared with no schema: give it schema:"
    assert note in capsys.readouterr().out


@contextmanager
def registry(answers, monkeypatch):
    """A registry that has these subjects, in a thread of its own."""

    async def answer(request):
        found = answers.get(request.path)
        if found is None:
            return web.json_response({"error_code": 40401, "message": "no"}, status=404)
        return web.json_response(found, status=200 if "schema" in found else 500)

    loop, started, port = asyncio.new_event_loop(), threading.Event(), []

    async def serve():
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", answer)
        runner = web.AppRunner(app)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        port.append(runner.addresses[0][1])
        started.set()
        return runner

    def run():
        runner = loop.run_until_complete(serve())
        loop.run_forever()
        loop.run_until_complete(runner.cleanup())
        loop.close()

    thread = threading.Thread(target=run)
    thread.start()
    started.wait(10)
    monkeypatch.setenv("CORDIAL_STREAMS_REGISTRY__URL", f"http://127.0.0.1:{port[0]}")
    try:
        yield
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)


def version(schema):
    return {"subject": "s", "version": 1, "id": 7, "schema": json.dumps(schema)}


@pytest.mark.parametrize("subject", ["shop-com.shop.Order", "com.shop.Order", "shop-value"])
def test_the_registry_has_the_schema_under_one_of_its_subjects(planned, monkeypatch, subject):
    path = planned(WITHOUT)
    with registry({f"/subjects/{subject}/versions/latest": version(ORDER)}, monkeypatch):
        (error,) = errors(path)
    assert "stat is not in com.shop.Order" in error


REGISTRIES = {
    "none of them": (
        {},
        "the registry has none of shop-com.shop.Order, com.shop.Order, shop-value",
    ),
    "no answer": ({"/subjects/shop-com.shop.Order/versions/latest": {}}, "does not answer (HTTP 5"),
    "another record": (
        {"/subjects/shop-value/versions/latest": version(LINE)},
        "that of shop-value is that of Line, and com.shop.Order is meant",
    ),
}


@pytest.mark.parametrize(("answers", "said"), REGISTRIES.values(), ids=REGISTRIES)
def test_a_registry_without_the_schema_is_a_note(planned, monkeypatch, answers, said):
    path = planned(WITHOUT)
    with registry(answers, monkeypatch):
        plan, text = read_plan(path)
        found = compared(plan, text, path)
    assert found.wrong == ()
    assert said in found.unknown[0]
