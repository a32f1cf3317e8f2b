"""Rows of a changelog reach a table as they are, and those of other partitions go from it."""

import asyncio
from dataclasses import dataclass
from types import SimpleNamespace

import pytest
from aiokafka.errors import KafkaConnectionError, KafkaTimeoutError
from faust.stores.memory import Store
from faust.types import TP
from hypothesis import given
from hypothesis import strategies as st

from streams.kafka import changelog_reader, owners, recovering
from streams.kafka.changelog_reader import ChangelogReader
from streams.kafka.engine import App
from streams.kafka.recovering import Recovery
from streams.settings import KafkaSettings, Settings

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


class Away(Reader):
    """A reader of a broker that is away in each of these ways, and then is there."""

    errors: list[tuple[str, type[Exception]]]
    told: list[bool]

    async def _at(self, place: str) -> None:
        self.told.append(self.during.away)
        if self.errors and self.errors[0][0] == place:
            raise self.errors.pop(0)[1]

    async def __aenter__(self):
        await self._at("start")
        return self

    async def spans(self, tps):
        await self._at("spans")
        return dict.fromkeys(tps, (0, 9))

    async def read(self, spans, take):
        await self._at("read")


async def test_a_broker_that_is_away_is_told_and_waited_for(monkeypatch):
    tables = SimpleNamespace(_changelogs={})
    made = Away.during = Recovery(APP, tables)
    late = KafkaTimeoutError
    Away.errors = [("start", KafkaConnectionError), ("spans", late), ("read", late)]
    Away.told, done = [], []

    async def flush() -> None: ...

    async def complete(generation: int) -> None:
        done.append(generation)

    APP.kafka_settings, APP.producer = None, SimpleNamespace(flush=flush)
    monkeypatch.setattr(made, "on_recovery_completed", complete)
    monkeypatch.setattr(recovering, "ChangelogReader", Away)
    monkeypatch.setattr(recovering, "RETRY", 0.0)
    made.active_tps = {ONE}
    await made._recover(7)
    assert (done, made.away) == ([7], False)
    start, spans, read = [False], [True, True], [True, True, False]
    assert Away.told == [*start, *spans, *read, *[True, True, False]]


async def test_a_group_that_speaks_again_has_a_broker():
    made = Recovery(APP, SimpleNamespace())
    APP.consumer_generation_id = 2
    made.away = True
    await made.on_rebalance({TWO}, {ONE}, set(), generation_id=1)
    assert not made.away


@pytest.mark.parametrize(("silence", "asks"), [(0.0, True), (60.0, False)])
async def test_a_reader_to_whom_nothing_comes_asks_whether_the_broker_is_there(
    silence, asks, monkeypatch
):
    """aiokafka's fetcher asks on, and says nothing of it."""

    class Silent:
        polls = 0

        def assign(self, _): ...
        def seek(self, *_): ...

        async def position(self, _):
            return 0

        async def getmany(self, **_):
            self.polls += 1
            if self.polls > 20:
                raise TimeoutError
            return {}

        async def end_offsets(self, _):
            raise KafkaTimeoutError

    monkeypatch.setattr(changelog_reader, "SILENCE", silence)
    reader = ChangelogReader(KafkaSettings())
    reader._consumer = Silent()
    with pytest.raises(KafkaTimeoutError if asks else TimeoutError):
        await reader.read({ONE: (0, 9)}, lambda *_: None)


async def test_a_reader_that_aiokafka_cancels_while_it_closes_is_closed_and_goes_on():
    """A fetch that waits to ask a broker again does so; a recovery would end without a word."""

    class Cancels:
        closed = False

        def __init__(self):
            self._client = self

        async def stop(self):
            raise asyncio.CancelledError

        async def close(self):
            self.closed = True

    reader = ChangelogReader(KafkaSettings())
    reader._consumer = made = Cancels()
    await reader.__aexit__(None, None, None)
    assert made.closed
