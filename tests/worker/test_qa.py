"""`qa run` on a running system: the example journey, and one that Cordial does not hear whole."""

import json
from pathlib import Path

import pytest

from tests.worker.harness import Staging

EXAMPLES = Path(__file__).parents[2] / "docs" / "examples"
STAGING = Staging(partitions=2)
pytestmark = [
    pytest.mark.embedded,
    pytest.mark.asyncio(loop_scope="module"),
]
PROFILE = str(EXAMPLES / "profile.yaml")
MISSING = """
timeout: 3
contact: {attributes: [email, shoeSize], lists: [QA], no_lists: [QA]}
steps:
  - event: {type: track, event: Signed Up}
    expect: [upsertContact, createContactactivities]
  - event: {type: group, groupId: qa, traits: {name: QA}}
    expect: [{action: addContactsToList, outcome: suppressed}]
"""


async def test_the_example_journey_is_as_it_expects(stage):
    journey = str(EXAMPLES / "journey.yaml")
    made = await stage.run("qa", "run", journey, "--profile", PROFILE, "--json")
    assert made.returncode == 0, made.stdout + made.stderr
    told = json.loads(made.stdout)
    assert [(one["action"], one["verdict"]) for one in told["rows"]] == [
        ("upsertContact", "ok"),
        ("createContactactivities", "ok"),
        ("addProductsToCart", "ok"),
        ("createContactactivities", "ok"),
        ("upsertOrder", "ok"),
        ("createContactactivities", "ok"),
        ("upsertOrder", "ok"),
        ("createContactactivities", "ok"),
    ]
    assert [one["action"] for one in told["cordial"]] == [
        "upsertContact",
        "createContactactivities",
        "addProductsToCart",
        "createContactactivities",
        "upsertOrder",
        "createContactactivities",
    ]
    assert all(0 <= one["seconds"] < 30 for one in told["rows"])
    again = await stage.run("qa", "run", journey, "--profile", PROFILE)
    assert again.returncode == 0, again.stdout
    assert "suppressed (unchanged)" in again.stdout
    assert again.stdout.endswith("all is as it was expected\n")


async def test_what_is_missing_or_otherwise_is_named_and_exits_with_5(stage, tmp_path):
    (tmp_path / "journey.yaml").write_text(MISSING)
    journey = str(tmp_path / "journey.yaml")
    made = await stage.run("qa", "run", journey, "--profile", PROFILE)
    assert made.returncode == 5
    problems = [line for line in made.stdout.splitlines() if line.startswith("problem: ")]
    assert problems[0] == "problem: step 1, Signed Up: upsertContact delivered: missing"
    assert problems[1].endswith("addContactsToList suppressed: is delivered")
    assert problems[-2:] == [
        "problem: Cordial: the contact has no shoeSize",
        "problem: Cordial: the contact is still on QA",
    ]
