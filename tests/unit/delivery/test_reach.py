"""Where a group stands beside what its topics still hold."""

from faust.types import TP

from streams.kafka.reach import Beyond, Missed, reach

HERE, THERE = TP("bus", 0), TP("bus", 1)
FIRSTS, ENDS = {HERE: 5, THERE: 0}, {HERE: 9, THERE: 0}


def test_within_what_is_held_nothing_is_wrong():
    for offset in (5, 7, 9):
        assert not list(reach({HERE: offset, THERE: 0}, FIRSTS, ENDS))


def test_what_was_deleted_unread_is_counted():
    assert list(reach({HERE: 2}, FIRSTS, ENDS)) == [Missed(HERE, 3)]
    assert "3 records" in str(Missed(HERE, 3))


def test_beyond_the_end_there_is_another_topic():
    assert list(reach({HERE: 5, THERE: 1}, FIRSTS, ENDS)) == [Beyond(THERE, 1, 0)]
    assert "stands at 1 and the topic ends at 0" in str(Beyond(THERE, 1, 0))
