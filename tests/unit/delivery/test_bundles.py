"""Records as an agent gets them."""

from types import SimpleNamespace

from faust.types import TP

from streams.kafka.bundles import BUNDLE, bundles

TOPIC = TP("events", 3)


def record(offset: int) -> SimpleNamespace:
    return SimpleNamespace(
        offset=offset,
        timestamp=offset * 1_000,
        timestamp_type=0,
        headers=(("h", b"1"),),
        key=b"key",
        value=b"value",
        serialized_key_size=3,
        serialized_value_size=5,
    )


def test_bundles_hold_all_records_in_their_order() -> None:
    made = list(bundles(TOPIC, [record(offset) for offset in range(7, 7 + 2 * BUNDLE + 1)], 5))
    assert [len(one.value) for one in made] == [BUNDLE, BUNDLE, 1]
    assert [m.offset for one in made for m in one.value] == list(range(7, 7 + 2 * BUNDLE + 1))
    assert [one.offset for one in made] == [7, 7 + BUNDLE, 7 + 2 * BUNDLE]
    assert {one.generation_id for one in made} == {5}


def test_a_record_keeps_what_it_says() -> None:
    (bundle,) = bundles(TOPIC, [record(7)], 1)
    (message,) = bundle.value
    assert (bundle.tp, message.tp) == (TOPIC, TOPIC)
    assert (message.topic, message.partition, message.offset) == ("events", 3, 7)
    assert (message.timestamp, message.headers) == (7.0, (("h", b"1"),))
    assert (message.key, message.value) == (b"key", b"value")


def test_nothing_makes_no_bundle() -> None:
    assert list(bundles(TOPIC, [], 1)) == []
