"""The scaler: slow, one pod at a time, never below two, and deaf to lag that Cordial causes."""

import re
import subprocess

import pytest
import yaml

from tests.deploy.files import K8S_TOPICS, SCALED, documents, manifest, promtool

[SCALED_OBJECT] = documents(SCALED)
SPEC = SCALED_OBJECT["spec"]
TRIGGERS = {one["name"]: one for one in SPEC["triggers"]}
MODIFIERS = SPEC["advanced"]["scalingModifiers"]
BEHAVIOR = SPEC["advanced"]["horizontalPodAutoscalerConfig"]["behavior"]


def test_it_scales_the_workers():
    target = SPEC["scaleTargetRef"]
    workers = manifest("StatefulSet")
    assert target == {
        "apiVersion": workers["apiVersion"],
        "kind": "StatefulSet",
        "name": workers["metadata"]["name"],
    }
    labels = manifest("StatefulSet")["spec"]["selector"]["matchLabels"]
    [(key, value)] = labels.items()
    assert TRIGGERS["pods"]["metadata"] == {"podSelector": f"{key}={value}", "value": "1"}


def test_there_are_two_at_least_and_none_beyond_the_partitions():
    assert SPEC["minReplicaCount"] == 2
    topics = [one["spec"] for one in documents(K8S_TOPICS)]
    ours = [one for one in topics if not one["topicName"].endswith(".migrations")]
    partitions = {one["partitions"] for one in ours}
    assert {SPEC["maxReplicaCount"]} == partitions


def test_it_is_slow():
    assert SPEC["cooldownPeriod"] >= 300
    assert BEHAVIOR["scaleDown"]["stabilizationWindowSeconds"] >= 600
    for direction in ("scaleUp", "scaleDown"):
        [policy] = BEHAVIOR[direction]["policies"]
        assert (policy["type"], policy["value"]) == ("Pods", 1)


def test_a_partition_that_is_stuck_and_a_pod_too_many_do_not_count():
    said = TRIGGERS["lag"]["metadata"]
    assert said["excludePersistentLag"] == "true"
    assert said["allowIdleConsumers"] == "false"
    assert said["offsetResetPolicy"] == "earliest"


def wanted(*, lag, pods, limited):
    """The pods that the formula asks for."""
    target = int(MODIFIERS["target"])
    condition, _, values = MODIFIERS["formula"].partition(" ? ")
    then, _, otherwise = values.partition(" : ")
    names = {"lag": lag, "pods": pods, "limited": limited, "min": min}
    value = eval(then if eval(condition, {}, names) else otherwise, {}, names)
    return -(-value // target)


@pytest.mark.parametrize(
    ("lag", "pods", "limited", "pods_wanted"),
    [(0, 2, 0, 0), (30_000, 2, 0, 6), (30_000, 2, 1, 2), (4_000, 6, 1, 1), (30_000, 8, 1, 6)],
)
def test_no_pod_is_added_while_cordial_is_waited_for(lag, pods, limited, pods_wanted):
    assert wanted(lag=lag, pods=pods, limited=limited) == pods_wanted


def test_the_formula_names_every_trigger():
    named = set(re.findall(r"[a-z]+", MODIFIERS["formula"])) - {"min"}
    assert named == set(TRIGGERS)
    assert TRIGGERS["lag"]["metadata"]["lagThreshold"] == MODIFIERS["target"]
    assert f"pods * {MODIFIERS['target']}" in MODIFIERS["formula"]
    assert MODIFIERS["metricType"] == "AverageValue"


def requests(answer, *, per_minute):
    name = (
        f'cordial_streams_requests_total{{instance="a", action="upsertContact", answer="{answer}"}}'
    )
    return {"series": name, "values": f"0+{per_minute}x30"}


OPEN = {
    "series": 'cordial_streams_circuit_open{instance="a", action="upsertOrder"}',
    "values": "1x30",
}
CLOSED = {**OPEN, "values": "0x30"}
HELD = {"series": 'cordial_streams_holds{instance="a", reason="key_rejected"}', "values": "1x30"}
FINE = [requests("delivered", per_minute=100)]
CASES = {
    "fine": ([*FINE, requests("refused", per_minute=1), CLOSED], 0),
    "refused": ([*FINE, requests("refused", per_minute=10), CLOSED], 1),
    "circuit open": ([*FINE, OPEN], 1),
    "held": ([*FINE, HELD], 1),
    "nothing sent": ([requests("delivered", per_minute=0), CLOSED], 0),
    "no worker": ([], 0),
}


def test_cordial_is_the_limit_where_the_query_says_so(tmp_path):
    tests = [
        {
            "interval": "1m",
            "name": name,
            "input_series": series,
            "promql_expr_test": [
                {
                    "expr": TRIGGERS["limited"]["metadata"]["query"],
                    "eval_time": "20m",
                    "exp_samples": [{"labels": "{}", "value": value}],
                }
            ],
        }
        for name, (series, value) in CASES.items()
    ]
    tmp_path.joinpath("rules.yml").write_text("groups: []\n")
    file = tmp_path / "test.yml"
    file.write_text(yaml.safe_dump({"rule_files": ["rules.yml"], "tests": tests}))
    done = subprocess.run([promtool(), "test", "rules", file], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
