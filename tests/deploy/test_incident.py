"""The recorded incident: in each stage the right alert fires, and no other. `make incident`."""

import re

import pytest

from streams.metrics import METRICS
from tests.deploy.files import ROOT, documents
from tests.incident.recording import Recording, notation, shown
from tests.incident.stages import STAGES, STRETCH, windows
from tests.incident.verdict import EVERY, RECORDED, judged

[TEST] = documents(RECORDED)[0]["tests"]
OPERATIONS = (ROOT / "docs" / "operations.md").read_text()
PAGE = """\
# TYPE cordial_streams_lag_seconds gauge
cordial_streams_lag_seconds{topic="t",partition="0"} 2.0
# TYPE cordial_streams_event_age_seconds histogram
cordial_streams_event_age_seconds_bucket{le="10.0"} 4.0
cordial_streams_event_age_seconds_bucket{le="+Inf"} 5.0
cordial_streams_event_age_seconds_count 5.0
cordial_streams_event_age_seconds_sum 30.0
# TYPE cordial_streams_pace_limit gauge
cordial_streams_pace_limit{action="upsertOrder"} 60.0
"""


def test_in_each_stage_the_right_alert_fires_and_no_other():
    assert judged(RECORDED) == ""


def test_a_wrong_alert_would_be_noticed(tmp_path):
    text = RECORDED.read_text().replace("rule_files:\n- ../../", f"rule_files:\n- {ROOT}/", 1)
    assert STAGES[1].alert in text
    file = tmp_path / "recorded.yml"
    file.write_text(text.replace(STAGES[1].alert, "CordialStreamsStuck"))
    assert STAGES[1].alert in judged(file)


def test_what_was_recorded_is_the_incident_of_the_stages():
    asked = [(one["eval_time"], one["exp_samples"]) for one in TEST["promql_expr_test"]]
    assert asked == [
        (
            f"{-(-end // EVERY) - 1}m",
            [{"labels": f'{{alertname="{stage.alert}"}}', "value": 1}] if stage.alert else [],
        )
        for stage, _, end in windows()
    ]


def test_the_recording_names_what_there_is():
    known = {name for row in METRICS for name in row.series} | {"up"}
    assert {re.match(r"[\w:]+", one["series"]).group() for one in TEST["input_series"]} <= known


@pytest.mark.parametrize("name", ["overview", "lag", "delivery"])
def test_the_docs_show_it(name):
    assert (ROOT / "docs" / "pictures" / f"incident-{name}.svg").exists()
    assert f"pictures/incident-{name}.svg" in OPERATIONS


@pytest.mark.parametrize("stage", [one for one in STAGES if one.alert], ids=lambda one: one.name)
def test_the_docs_tell_each_stage(stage):
    assert re.search(rf"^\| {stage.says} \| \[`{stage.alert}`\]", OPERATIONS, re.MULTILINE)


def test_whatever_is_measured_in_seconds_is_stretched():
    recording = Recording()
    recording.add(PAGE)
    found = {shown(series).split("instance")[0]: one for series, [one] in recording.values.items()}
    name = "cordial_streams_event_age_seconds"
    assert found["cordial_streams_lag_seconds{"] == 2 * STRETCH
    assert found[f"{name}_sum{{"] == 30 * STRETCH
    assert found[f"{name}_count{{"] == 5
    assert found['cordial_streams_pace_limit{action="upsertOrder",'] == 60 / STRETCH
    bounds = {dict(labels).get("le") for one, labels in recording.values if one.endswith("_bucket")}
    assert bounds == {f"{10 * STRETCH}", "+Inf"}


def test_a_page_that_is_not_to_be_had_is_down_and_leaves_gaps():
    recording = Recording()
    for page in (PAGE, "", PAGE):
        recording.add(page)
    [up] = [values for series, values in recording.values.items() if series[0] == "up"]
    [lag] = [values for series, values in recording.values.items() if "lag" in series[0]]
    assert up == [1, 0, 1]
    assert lag == [2 * STRETCH, None, 2 * STRETCH]


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ([1, 1, 1], "1x2"),
        ([0, 2, 4, 6], "0+2x3"),
        ([5, 4, 3], "5-1x2"),
        ([7], "7"),
        ([1, 2, 5], "1 2 5"),
        ([None, None, 3], "_x2 3"),
        ([3, None, None, None, 4], "3 stale _x2 4"),
        ([3, None], "3 stale"),
        ([0.5, 0.5], "0.5x1"),
    ],
)
def test_values_are_written_as_promtool_reads_them(values, words):
    assert notation(values) == words
