"""The growth bench: its rows are rows, its worker does what the other does, its picture is one."""

from xml.etree import ElementTree

import pytest

from bench.growth import Curve, Point, curves, main, measured, memory
from bench.growth_picture import picture
from bench.growth_rows import CODEC, contact_of, rows
from streams.core.decisions import seen_key
from streams.kafka.learned_rows import decode_row
from streams.kafka.tables import order_key

pytestmark = pytest.mark.slow


def test_rows_are_as_the_product_reads_them():
    made = rows(4, 3, 5, 1_000)
    assert {table: len(kept) for table, kept in made.items()} == {
        "orders": 4,
        "seen": 5,
        "profiles": 3,
        "memberships": 3,
        "identities": 3,
    }
    order = CODEC.decode_order(made["orders"][order_key(contact_of(0), "before-3")])
    assert (order.contact, order.body["orderID"]) == (contact_of(0), "before-3")
    key = seen_key(contact_of(1), "before-4", "createContactactivities")
    assert CODEC.decode_seen(made["seen"][key]).time == 999
    for table in ("profiles", "memberships", "identities"):
        assert decode_row(table, made[table][contact_of(2).encode()])


def test_a_curve_is_beside_its_smallest_point():
    points = [Point(8), Point(64, orders=10, contacts=10, seen=10, partitions=64, burst=1)]
    small, large = measured(Curve("Some", "of these", points), 60, 2)
    assert (small["size"], small["ratio"], small["more_requests"]) == (8, 1, 1)
    assert large["ratio"] > 0
    assert large["stop_ms"] >= large["tick_ms"] > 0


def test_a_row_takes_more_than_its_value():
    for one in memory(100)["tables"].values():
        assert one["value"] + 120 < one["bytes"] < one["value"] + 400


@pytest.mark.parametrize("points", [[(0, 1.0), (10, 1.1), (1_000_000, 2.0)], [(8, 1.0)]])
def test_a_picture_has_each_point_and_both_axes(points):
    drawn = ElementTree.fromstring(picture("Title & more", "rows", points, bound=1.2))
    texts = [one.text for one in drawn.iter("{http://www.w3.org/2000/svg}text")]
    assert {"Title & more", "rows", "times the CPU per event"} <= set(texts)
    assert {f"{size:,}" for size, _ in points} <= set(texts)
    circles = list(drawn.iter("{http://www.w3.org/2000/svg}circle"))
    assert len(circles) == len(points)
    assert all(0 <= float(one.get("cx")) <= 420 for one in circles)


def test_it_draws_a_picture_for_each_curve(tmp_path, monkeypatch, capsys):
    curve, name = curves(1_000)["contacts"], "contacts"
    monkeypatch.setattr("bench.growth.curves", lambda largest=0: {name: curve})
    options = ["--only", name, "--events", "30", "--rounds", "1", "--pictures", str(tmp_path)]
    monkeypatch.setattr("sys.argv", ["growth", *options])
    assert main() == 0
    assert (tmp_path / "growth-contacts.svg").read_text().startswith("<svg")
    assert "1,000" in capsys.readouterr().out


@pytest.mark.parametrize(("ratio", "code"), [(1.1, 0), (1.3, 5)])
def test_a_second_worker_must_not_make_an_event_dear(ratio, code, monkeypatch, capsys):
    one = {"cpu_per_1000": 0.5, "least_share": 1.0, "rate": 900.0, "requests_per_event": 1.0}
    found = {1: {**one, "ratio": 1.0}, 2: {**one, "ratio": ratio}}
    monkeypatch.setattr("bench.growth.workers", lambda events, rounds: found)
    monkeypatch.setattr("sys.argv", ["growth", "--only", "workers"])
    assert main() == code
    assert f"{ratio:.2f}" in capsys.readouterr().out
