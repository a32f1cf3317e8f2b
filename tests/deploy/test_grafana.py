"""The dashboard: importable, its panels beside each other, and what it must show."""

import pytest

from tests.deploy.files import DASHBOARD, compose, dashboard, documents, expressions

PANELS = dashboard()["panels"]


def test_it_has_a_uid_and_no_id():
    assert dashboard()["uid"] == "cordial-streams"
    assert dashboard()["id"] is None


def test_panel_ids_are_unique():
    ids = [panel["id"] for panel in PANELS]
    assert len(set(ids)) == len(ids)


def test_no_panel_overlaps_another():
    taken = {}
    for panel in PANELS:
        at = panel["gridPos"]
        assert at["x"] + at["w"] <= 24, panel["title"]
        for x in range(at["x"], at["x"] + at["w"]):
            for y in range(at["y"], at["y"] + at["h"]):
                assert (x, y) not in taken, f"{panel['title']} over {taken[x, y]}"
                taken[x, y] = panel["title"]


def test_the_datasource_is_a_variable():
    [variable] = [one for one in dashboard()["templating"]["list"] if one["type"] == "datasource"]
    wanted = {"type": "prometheus", "uid": f"${{{variable['name']}}}"}
    for panel in PANELS:
        if panel["type"] != "row":
            assert panel["datasource"] == wanted, panel["title"]
            assert all(target["datasource"] == wanted for target in panel["targets"])


def test_every_panel_says_what_it_shows():
    assert all(panel.get("description") for panel in PANELS if panel["type"] != "row")


@pytest.mark.parametrize(
    ("metric", "labels"),
    [
        ("lag_events", ["topic", "partition"]),
        ("lag_seconds", ["topic", "partition"]),
        ("commands_total", ["action", "outcome"]),
        ("retries_total", ["action"]),
        ("in_doubt_total", ["action"]),
        ("holds", ["reason"]),
        ("paused_events", ["topic"]),
    ],
)
def test_it_shows(metric, labels):
    found = [expr for _, expr in expressions() if f"cordial_streams_{metric}" in expr]
    assert any(all(label in expr for label in labels) for expr in found)


def test_grafana_provisions_it():
    mounts = dict(volume.split(":")[:2] for volume in compose()["services"]["grafana"]["volumes"])
    folder = mounts["./deploy/grafana/dashboards"]
    [provider] = documents(DASHBOARD.with_name("provider.yml"))[0]["providers"]
    assert provider["options"]["path"] == folder
    home = compose()["services"]["grafana"]["environment"]
    assert home["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"] == f"{folder}/{DASHBOARD.name}"
