"""Rows that a later release wrote are found, whatever table they are of."""

import asyncio
import json
from types import SimpleNamespace

import pytest

from streams.core.outcome import Dead
from streams.kafka.codec import Undecodable
from streams.kafka.framing import ID_FRAME
from streams.kafka.names import TABLES
from streams.kafka.releases import SCHEMAS, unreadable
from streams.kafka.schemas import FOLDER, own_schemas
from streams.operating.strange import readable

IDS = {
    file.split(".", 1)[0]: int(number)
    for number, file in json.loads((FOLDER / "ids.json").read_text()).items()
}


def row(schema_id):
    return ID_FRAME.pack(0, schema_id) + b"whatever"


def test_every_table_has_a_schema():
    assert set(SCHEMAS) == set(TABLES)
    assert set(SCHEMAS.values()) <= set(IDS)


@pytest.mark.parametrize("table", TABLES)
def test_rows_of_this_release_and_those_before_are_read(table):
    rows = [row(one.id) for one in own_schemas().values() if one.name == SCHEMAS[table]]
    assert unreadable(table, rows) is None
    assert unreadable(table, []) is None


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("strange", [row(1_999_999_999), b"", b"{}", b"\x01" + b"x" * 20])
def test_a_row_of_no_schema_that_we_know_is_told(table, strange):
    known = [row(IDS[SCHEMAS[table]])] * 3
    why = unreadable(table, [*known, strange])
    assert "a later one has run here" in why
    assert ("schema 1999999999" if strange[:1] == b"\0" else "no schema") in why


def test_a_row_of_another_tables_schema_is_told():
    assert unreadable("orders", [row(IDS["seen"])]) is not None


def test_what_cannot_be_read_is_left_out_and_counted(capsys):
    async def records():
        for value in (b"1", None, b"2", b"x"):
            yield SimpleNamespace(topic="letters", value=value)

    def decode(value):
        return int(value) if value in (b"1", b"2") else Undecodable(Dead.UNKNOWN_SCHEMA, "?")

    async def read():
        return [one async for one in readable(records(), decode)]

    assert asyncio.run(read()) == [1, 2]
    assert "2 of the records of letters are none that this release" in capsys.readouterr().err
