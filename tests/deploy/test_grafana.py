"""The dashboards: importable, panels beside each other, and on them all that a worker shows."""

import pytest

from streams.metrics import METRICS
from tests.deploy.files import DASHBOARDS, compose, dashboards, documents, expressions
from tests.deploy.promql import metrics, rules
from tools.dashboards.__main__ import DASHBOARDS as DESCRIBED
from tools.dashboards.__main__ import written

EACH = pytest.mark.parametrize("whole", dashboards(), ids=lambda one: one["uid"])


def panels(whole):
    return [one for one in whole["panels"] if one["type"] != "row"]


def test_there_is_one_for_each_question():
    assert {path.stem for path in DASHBOARDS} == {"overview", "lag", "delivery", "identity"}


@pytest.mark.parametrize("one", DESCRIBED, ids=lambda one: one.name)
def test_the_files_are_what_the_descriptions_make(one):
    [path] = [path for path in DASHBOARDS if path.stem == one.name]
    assert path.read_text() == written(one), "run: make docs"


def test_each_has_a_uid_of_its_own_and_no_id():
    uids = [whole["uid"] for whole in dashboards()]
    assert len(set(uids)) == len(uids)
    assert "cordial-streams" in uids
    assert all(whole["id"] is None and whole["schemaVersion"] == 41 for whole in dashboards())


@EACH
def test_panel_ids_are_unique(whole):
    ids = [panel["id"] for panel in whole["panels"]]
    assert len(set(ids)) == len(ids)


@EACH
def test_no_panel_overlaps_another(whole):
    taken = {}
    for panel in whole["panels"]:
        at = panel["gridPos"]
        assert at["x"] + at["w"] <= 24, panel["title"]
        for x in range(at["x"], at["x"] + at["w"]):
            for y in range(at["y"], at["y"] + at["h"]):
                assert (x, y) not in taken, f"{panel['title']} over {taken[x, y]}"
                taken[x, y] = panel["title"]


@EACH
def test_the_datasource_is_a_variable(whole):
    [variable] = [one for one in whole["templating"]["list"] if one["type"] == "datasource"]
    wanted = {"type": "prometheus", "uid": f"${{{variable['name']}}}"}
    for panel in panels(whole):
        assert panel["datasource"] == wanted, panel["title"]
        assert all(target["datasource"] == wanted for target in panel["targets"])


@EACH
def test_every_panel_says_what_it_shows(whole):
    titles = [panel["title"] for panel in panels(whole)]
    assert len(set(titles)) == len(titles)
    assert all(panel["description"] for panel in panels(whole))


@EACH
def test_every_choice_is_used(whole):
    asked = [target["expr"] for panel in panels(whole) for target in panel["targets"]]
    for variable in whole["templating"]["list"]:
        if variable["type"] == "query":
            assert any(f"${variable['name']}" in expr for expr in asked), variable["name"]


def test_every_metric_is_shown_somewhere():
    asked = [expr for _, expr in expressions()]
    asked += [one["expr"] for one in rules() if "record" in one and one["record"] in str(asked)]
    shown = {name for expr in asked for name in metrics(expr)}
    assert {row.full_name for row in METRICS if not shown & set(row.series)} == set()


def test_what_is_recorded_is_used():
    told = " ".join([*(expr for _, expr in expressions()), *(one["expr"] for one in rules())])
    assert [one["record"] for one in rules() if one.get("record", "") not in told] == []


def test_grafana_provisions_them():
    mounts = dict(volume.split(":")[:2] for volume in compose()["services"]["grafana"]["volumes"])
    folder = mounts["./deploy/grafana/dashboards"]
    [provider] = documents(DASHBOARDS[0].with_name("provider.yml"))[0]["providers"]
    assert provider["options"]["path"] == folder
    home = compose()["services"]["grafana"]["environment"]
    assert home["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"] == f"{folder}/overview.json"
