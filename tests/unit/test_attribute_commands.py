"""`attributes check` and `attributes plan`, beside a file and beside an account that answers."""

import asyncio
import json
import subprocess
import sys

import pytest

from streams.cordial.sandbox.__main__ import running
from streams.cordial.sandbox.app import SandboxConfig

pytestmark = pytest.mark.slow


KNOWN = [
    {"key": "firstName", "type": "string"},
    {"key": "age", "type": "number"},
    {"key": "member_id", "type": "string", "unique": True},
    {"key": "city", "type": "string", "validators": {"required": True}},
]
EVENT = {
    "type": "identify",
    "userId": "u-1",
    "timestamp": "2026-11-20T10:00:00Z",
    "traits": {"firstName": "Ana", "age": "30", "points": 7, "member_id": "m-1"},
}


@pytest.fixture
def files(tmp_path):
    (tmp_path / "events.json").write_text(json.dumps(EVENT))
    (tmp_path / "attributes.json").write_text(json.dumps(KNOWN))
    return tmp_path


async def told(files, *arguments, endpoint="usw1", key="right"):
    settings = {
        "CORDIAL_STREAMS_CORDIAL__ENDPOINT": endpoint,
        "CORDIAL_STREAMS_CORDIAL__SEGMENT_ID_KEY": "segment_id",
        "CORDIAL_STREAMS_API_KEY": key,
        "PATH": "",
    }
    return await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-m", "streams.cli", "attributes", *arguments],
        env=settings,
        capture_output=True,
        text=True,
        check=False,
    )


async def test_check_lists_what_the_account_would_not_take(files):
    events, known = str(files / "events.json"), str(files / "attributes.json")
    made = await told(files, "check", "--events", events, "--file", known)
    assert made.stdout.splitlines() == [
        "segment_id: identifies contacts, and is unknown to the account: Cordial ignores it there",
        "age: has another type at the account (upsertContact, in 1 request)",
        "points: is unknown to the account (upsertContact, in 1 request)",
        "note: city: is required at the account, and nothing sends it",
        "note: member_id: is unique, so no two contacts may have one value",
        "4 attributes, 2 that the account would not take as they are",
    ]
    assert made.returncode == 5


async def test_plan_says_what_to_create_and_json_says_the_same(files):
    events, known = str(files / "events.json"), str(files / "attributes.json")
    made = await told(files, "plan", "--events", events, "--file", known, "--json")
    assert json.loads(made.stdout) == {
        "create": [
            {"key": "segment_id", "type": "string", "sure": True, "unique": True},
            {"key": "points", "type": "number", "sure": True, "unique": False},
        ],
        "make_unique": [],
    }
    assert made.returncode == 0


async def test_plan_says_which_identifiers_to_create_or_make_unique(files):
    (files / "plan.yaml").write_text(
        "identity:\n  priority: [user, points, firstName]\n"
        "  keys: {points: {paths: [traits.points]}, firstName: {paths: [traits.firstName]}}\n"
    )
    events, known = str(files / "events.json"), str(files / "attributes.json")
    plan = str(files / "plan.yaml")
    made = await told(files, "plan", "--plan", plan, "--events", events, "--file", known)
    assert made.stdout.splitlines() == [
        "create segment_id: string, unique (identifies contacts)",
        "create points: string, unique (identifies contacts)",
        "make firstName unique (identifies contacts)",
        "2 attributes to create",
    ]


async def test_the_account_is_asked_with_its_key(files):
    events = str(files / "events.json")
    async with running(SandboxConfig(key="right", attributes=KNOWN)) as url:
        made = await told(files, "check", "--events", events, "--json", endpoint=url)
        wrong = await told(files, "check", "--events", events, endpoint=url, key="wrong")
    said = {one["key"]: one["problems"] for one in json.loads(made.stdout)["attributes"]}
    assert said == {
        "age": ["wrong_type"],
        "firstName": [],
        "member_id": [],
        "points": ["unknown"],
    }
    assert (made.returncode, wrong.returncode) == (5, 4)
    assert "does not tell its attributes" in wrong.stderr


async def test_a_file_that_is_none_is_told(files):
    (files / "attributes.json").write_text("{")
    made = await told(files, "check", "--file", str(files / "attributes.json"))
    assert made.returncode == 2
    assert "attributes.json: is no JSON" in made.stderr


async def test_check_says_which_keys_of_the_plan_identify_nobody(files):
    (files / "plan.yaml").write_text(
        "identity:\n  priority: [user, member_id, firstName, email]\n"
        "  keys: {member_id: {paths: [traits.a]}, firstName: {paths: [traits.b]}}\n"
        "  anonymous: send\n"
    )
    known = str(files / "attributes.json")
    made = await told(files, "check", "--plan", str(files / "plan.yaml"), "--file", known, "--json")
    assert json.loads(made.stdout)["identifiers"] == {
        "segment_id": "is unknown to the account",
        "firstName": "is not unique at the account",
        "anonymous_id": "is unknown to the account",
    }
    assert made.returncode == 5


MAPPED = """
sources:
  - topic: crm.members
    keyed_by_user: false
    mapping: {type: {const: identify}, userId: id, traits: {points: score}}
"""


async def test_events_may_be_records_of_a_source(files):
    (files / "plan.yaml").write_text(MAPPED)
    (files / "records.json").write_text('{"id": "u-1", "score": 7}')
    words = ["check", "--plan", str(files / "plan.yaml"), "--events", str(files / "records.json")]
    words += ["--file", str(files / "attributes.json")]
    made = await told(files, *words, "--source", "crm.members")
    assert "points: is unknown to the account (upsertContact, in 1 request)" in made.stdout
    made = await told(files, *words)
    note = "every source of the plan is mapped: for records name one with --source: crm.members"
    assert f"note: {note}" in made.stdout.splitlines()
    assert "points" not in made.stdout.replace(note, "")
    made = await told(files, *words, "--source", "crm.member")
    assert (made.returncode, made.stdout) == (2, "")
    assert "crm.member is no source of the plan; it has crm.members" in made.stderr
    made = await told(files, *words, "--record", "Member")
    assert (made.returncode, made.stdout) == (2, "")
