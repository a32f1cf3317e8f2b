import json
from pathlib import Path
from typing import Any

import pytest

from bench.journal import seen


def journal(directory: Path, *lines: tuple[float, str, int, object]) -> Path:
    path = directory / "journal"
    path.write_text("".join(json.dumps([*one[:3], json.dumps(one[3])]) + "\n" for one in lines))
    return path


def activity(contact: str, *numbers: int) -> dict[str, Any]:
    activities = [{"properties": {"n": n, "t": 100.0}} for n in numbers]
    return {"contact": {"identifiers": {"segment_id": contact}}, "contactActivities": activities}


PATH = "/api/createContactactivities"


def test_requests_events_and_latencies_are_counted(tmp_path: Path) -> None:
    found = seen(
        journal(
            tmp_path,
            (100.5, PATH, 202, activity("a", 1, 2)),
            (100.7, PATH, 429, ""),
            (101.5, PATH, 202, activity("b", 3)),
        )
    )
    assert (found.requests, found.refused, found.reordered) == (3, 1, 0)
    assert found.seconds == 1.0
    assert found.accepted == {1: 100.5, 2: 100.5, 3: 101.5}
    assert found.through(0.5) == 0.0
    assert found.through(0.99) == 1.0
    assert found.latencies == {1: 0.5, 2: 0.5, 3: 1.5}
    assert found.quantile(0.99) == 1.5


def test_times_of_a_flow_are_counted_from_where_it_is_warm(tmp_path: Path) -> None:
    slow, soon = (109.0, PATH, 202, activity("a", 1)), (109.0, PATH, 202, activity("a", 2))
    soon[3]["contactActivities"][0]["properties"]["t"] = 108.9
    found = seen(journal(tmp_path, slow, soon))
    assert found.quantile(0.99) == 9.0
    assert found.quantile(0.99, after=1) == pytest.approx(0.1)
    assert found.quantile(0.99, after=2) == 0.0


def test_an_older_event_after_a_newer_one_of_its_contact_is_seen(tmp_path: Path) -> None:
    order = {"orderID": "o-5", **activity("a")}
    found = seen(
        journal(
            tmp_path,
            (1.0, "/api/upsertOrder", 202, order),
            (2.0, PATH, 202, activity("a", 4)),
            (3.0, PATH, 202, activity("b", 1)),
        )
    )
    assert found.reordered == 1


def test_order_is_also_counted_for_each_action_of_a_contact(tmp_path: Path) -> None:
    profile = {"identifiers": {"segment_id": "a"}, "attributes": {"n": 1}}
    found = seen(
        journal(
            tmp_path,
            (1.0, PATH, 202, activity("a", 2)),
            (2.0, "/api/upsertContact", 202, profile),
            (3.0, PATH, 202, activity("a", 1)),
        )
    )
    assert (found.reordered, found.reordered_within) == (2, 1)
