"""Recovery asks one partition whether records are lacking, and answers as Faust does."""

from collections import Counter
from types import SimpleNamespace

from faust.tables.recovery import Recovery as FaustRecovery
from faust.types import TP
from hypothesis import given
from hypothesis import strategies as st

from streams.kafka.engine import App
from streams.kafka.recovering import Recovery
from streams.settings import Settings

APP = SimpleNamespace(conf=SimpleNamespace(stream_recovery_delay=0.0), client_only=False)
MARKS = st.none() | st.integers(-1, 3)


class Counted(Counter):
    """Counts how often somebody asks for an offset."""

    asked = 0

    def __getitem__(self, key):
        self.asked += 1
        return super().__getitem__(key)


def recovery() -> Recovery:
    return Recovery(APP, SimpleNamespace())


async def test_the_apps_tables_are_recovered_so():
    app = App(Settings(api_key="x", cordial={"endpoint": "http://127.0.0.1:1"}))
    assert type(app.tables.recovery) is Recovery
    assert app.tables.recovery is app.tables.recovery


async def test_a_record_asks_one_partition_however_many_there_are():
    made = recovery()
    made.active_offsets = Counted({TP("t", number): 9 for number in range(703)})
    made.active_highwaters = Counter({TP("t", number): 9 for number in range(704)})
    assert made.need_recovery()
    for _ in range(100):
        made.active_offsets.asked = 0
        assert made.need_recovery()
        assert made.active_offsets.asked == 1
    made.active_offsets[TP("t", 703)] = 9
    assert not made.need_recovery()


@given(st.lists(st.dictionaries(st.integers(0, 5), st.tuples(MARKS, MARKS)), max_size=6))
def test_the_answer_is_fausts(turns):
    made = recovery()
    for turn in turns:
        for number, (highwater, offset) in turn.items():
            made.active_highwaters[TP("t", number)] = highwater
            if offset != -1:
                made.active_offsets[TP("t", number)] = offset
        assert made.need_recovery() == FaustRecovery.need_recovery(made)
        made.active_highwaters.pop(TP("t", 0), None)
        assert made.need_recovery() == FaustRecovery.need_recovery(made)
