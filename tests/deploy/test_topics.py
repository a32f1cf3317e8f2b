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


def of(folder, file):
    return [one for one in yaml.safe_load_all((folder / file).read_text()) if one]


@pytest.mark.parametrize(
    ("layout", "group"), [("0", "cordial-streams"), ("1", "cordial-streams-1")]
)
def test_the_topics_of_a_layout_have_its_label_and_those_of_every_layout_none(
    plan, layout, group, monkeypatch
):
    """By which the old ones are deleted after a migration."""
    monkeypatch.setenv("CORDIAL_STREAMS_LAYOUT", layout)
    assert ran(monkeypatch, "--plan", plan, "--partitions", "24") == 0
    labels = {
        one["spec"]["topicName"]: one["metadata"]["labels"].get("cordial-streams/group")
        for one in of(plan.parent / "strimzi", "topics.yaml")
    }
    assert labels.pop("cordial.migrations") is None
    assert set(labels.values()) == {group}


def test_the_user_of_a_migration_is_written_alone_and_deletes_nothing_that_was_there(
    plan, monkeypatch
):
    assert ran(monkeypatch, "--plan", plan, "--migration") == 0
    [user] = of(plan.parent / "migration", "users.yaml")
    assert user["metadata"]["name"] == "cordial-streams-migration"
    for one in user["spec"]["authorization"]["acls"]:
        new = one["resource"]["name"].startswith(("cordial.1.", "cordial-streams-1-"))
        assert ("Delete" in one["operations"]) == new, one
        assert not (one["resource"]["name"] == "shop.events" and "Write" in one["operations"])
