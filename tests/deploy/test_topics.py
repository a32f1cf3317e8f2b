"""tools.topics: what it writes, where to, and what it does not do."""

import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.deploy.files import ROOT
from tools import topics


@pytest.fixture
def plan(tmp_path):
    file = tmp_path / "plan.yaml"
    file.write_text("sources:\n  - {topic: shop.events, keyed_by_user: false}\n")
    return file


def ran(monkeypatch, *words):
    monkeypatch.setattr(sys, "argv", ["topics", *map(str, words)])
    return topics.main()


def test_it_writes_beside_the_plan_and_says_what(plan, monkeypatch, capsys):
    assert ran(monkeypatch, "--plan", plan, "--partitions", "24", "--cluster", "bus") == 0
    there = plan.parent / "strimzi"
    assert {one.name for one in there.iterdir()} == {
        "kustomization.yaml",
        "topics.yaml",
        "users.yaml",
    }
    assert "24 partitions with 3 replicas, of the Kafka bus" in capsys.readouterr().out


def test_a_cluster_and_its_namespace_may_have_two_names(plan, monkeypatch):
    words = ("--partitions", "24", "--cluster", "bus", "--namespace", "messaging")
    assert ran(monkeypatch, "--plan", plan, *words) == 0
    there = plan.parent / "strimzi"
    said = yaml.safe_load((there / "kustomization.yaml").read_text())
    assert said["namespace"] == "messaging"
    for file in ("topics.yaml", "users.yaml"):
        for one in filter(None, yaml.safe_load_all((there / file).read_text())):
            assert one["metadata"]["labels"]["strimzi.io/cluster"] == "bus"


REFUSED = [
    (["--partitions", "24", "--out", str(topics.FOLDER)], "has the example's manifests"),
    (["--partitions", "24", "--out", "k8s/../k8s/strimzi"], "has the example's manifests"),
    ([], "--partitions is missing"),
    (["--partitions", "0"], "--partitions is missing"),
]


@pytest.mark.parametrize(("words", "why"), REFUSED)
def test_the_examples_manifests_are_not_overwritten_and_nothing_is_guessed(
    plan, words, why, monkeypatch, capsys
):
    before = {one: one.read_bytes() for one in topics.FOLDER.iterdir()}
    monkeypatch.chdir(ROOT)
    with pytest.raises(SystemExit) as ended:
        ran(monkeypatch, "--plan", plan, *words)
    assert ended.value.code == 2
    assert why in capsys.readouterr().err
    assert {one: one.read_bytes() for one in topics.FOLDER.iterdir()} == before


@pytest.mark.parametrize("words", [["--partitions", "3"], ["--out", "x"], ["--replicas", "1"]])
def test_without_a_plan_there_is_the_examples_alone(words, monkeypatch, capsys):
    with pytest.raises(SystemExit):
        ran(monkeypatch, *words)
    assert "--plan is missing" in capsys.readouterr().err


def test_what_is_wrong_is_one_line(plan, monkeypatch, tmp_path):
    missing = [sys.executable, "-m", "tools.topics", "--plan", "/nix.yaml", "--partitions", "2"]
    done = subprocess.run(missing, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 3
    assert done.stderr == "cordial-streams: /nix.yaml: cannot be read (No such file or directory)\n"
    monkeypatch.setenv("CORDIAL_STREAMS_LAYOUT", "one")
    assert ran(monkeypatch, "--plan", plan, "--partitions", "2", "--out", tmp_path / "o") == 3
    assert not Path(tmp_path / "o").exists()
