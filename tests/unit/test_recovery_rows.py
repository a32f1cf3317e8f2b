"""Rows that are written by the million are rows of the product."""

from streams.kafka.codec import Codec
from streams.kafka.tables import order_key
from tests.recovery import rows


def test_an_order_is_found_by_its_contact_and_number():
    codec = Codec()
    for number, (key, row) in enumerate(rows.orders(5)):
        order = codec.decode_order(row)
        assert key == order_key(order.contact, str(order.body["orderID"]))
        assert order.contact == f"u-{number // 2:08d}"
        assert order.body["items"][1]["productID"] == f"p-{number:08d}-1"


def test_every_command_is_another_one():
    found = dict(rows.seen(50, 1_000))
    assert len(found) == 50
    assert {Codec().decode_seen(row).time for row in found.values()} == {1_000}
