"""Rows of a changelog reach a table as they are, and those of other partitions go from it."""

from dataclasses import dataclass
from types import SimpleNamespace

import pytest
from faust.stores.memory import Store
from faust.types import TP
from hypothesis import given
from hypothesis import strategies as st

from streams.kafka import owners, recovering
from streams.kafka.engine import App
from streams.kafka.recovering import Recovery
from streams.settings import Settings

APP = SimpleNamespace(conf=SimpleNamespace(stream_recovery_delay=0.0), client_only=False)
ONE, TWO = TP("t", 1), TP("t", 2)


@dataclass
class Row:
    offset: int
    key: bytes
    value: bytes | None


def store() -> Store:
    return Store("memory://", SimpleNamespace(conf=None), SimpleNamespace(name="t"))


async def test_the_apps_tables_are_recovered_so():
    app = App(Settings(api_key="x", cordial={"endpoint": "http://127.0.0.1:1"}))
    assert type(app.tables.recovery) is Recovery
    assert app.tables.recovery is app.tables.recovery


@given(st.lists(st.tuples(st.integers(0, 5), st.none() | st.binary(max_size=2)), max_size=30))
def test_a_table_has_the_last_word_of_each_key(said):
    table, told = store(), {}
    rows = [Row(at, b"%d" % key, value) for at, (key, value) in enumerate(said)]
    owners.put_all(table, rows, 3)
    for row in rows:
        told.pop(row.key, None)
        if row.value is not None:
            told[row.key] = row.value
    assert table.data == told
    assert table._key_partition == dict.fromkeys(told, 3)


@pytest.mark.parametrize("at_once", [1, 2, 100])
async def test_rows_of_other_partitions_go(at_once, monkeypatch):
    monkeypatch.setattr(owners, "AT_ONCE", at_once)
    table = store()
    for partition in range(4):
        rows = [Row(at, b"%d-%d" % (partition, at), b"x") for at in range(3)]
        owners.put_all(table, rows, partition)
    await owners.keep(table, {1, 3})
    assert {key[:1] for key in table.data} == {b"1", b"3"}
    assert set(table._key_partition) == set(table.data)


async def test_of_a_partition_that_went_nothing_is_known_also_where_faust_skips_the_rebalance():
    made = Recovery(APP, SimpleNamespace())
    APP.consumer_generation_id = 2
    made._reached = {ONE: 7, TWO: 9}
    made._ends = {ONE: 10, TWO: 9}
    assert made.left() == 3
    await made.on_rebalance({TWO}, {ONE}, set(), generation_id=1)
    assert made._reached == {TWO: 9}


async def test_a_row_of_several_partitions_stays_when_one_of_them_goes():
    made = Recovery(APP, SimpleNamespace())
    groups = SimpleNamespace(name="groups", data=store())
    made.tp_to_table = {ONE: groups}
    made._take({}, ONE, [Row(0, b"g-1", b"vips")])
    await owners.keep(groups.data, {2})
    assert groups.data == {b"g-1": b"vips"}


class Reader:
    """A reader of two partitions, of which one goes while it reads, and that goes on a moment."""

    during: Recovery

    def __init__(self, _: object) -> None: ...

    async def __aenter__(self):
        return self

    async def __aexit__(self, *_: object) -> None: ...

    async def spans(self, tps):
        return dict.fromkeys(tps, (0, 9))

    async def read(self, spans, take):
        for tp in spans:
            take(tp, [Row(4, b"k", b"early")])
        await self.during.on_rebalance({TWO}, {ONE}, set(), generation_id=1)
        for tp in spans:
            take(tp, [Row(5, b"k", b"late")])


async def test_what_a_reading_takes_late_is_not_known_of_a_partition_that_went(monkeypatch):
    tables = SimpleNamespace(_changelogs={"t": SimpleNamespace(name="seen", data=store())})
    made = Reader.during = Recovery(APP, tables)
    APP.consumer_generation_id, APP.kafka_settings = 2, None
    made.tp_to_table = dict.fromkeys((ONE, TWO), tables._changelogs["t"])
    monkeypatch.setattr(recovering, "ChangelogReader", Reader)
    await made._read({ONE, TWO})
    assert made._reached == {TWO: 5}
