"""docs/examples/retailer: its plan is right, and `trace` says of its day what stands there."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from streams.cli import app

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "docs" / "examples" / "retailer"
TRACE = ["trace", "--plan", str(FOLDER / "plan.yaml"), "--segment-id-key", "customer_id"]


@pytest.fixture
def run(monkeypatch):
    monkeypatch.chdir(ROOT)
    return lambda *words: CliRunner().invoke(app, [str(word) for word in words])


def test_the_plan_is_right_and_nothing_in_it_is_doubtful(run):
    done = run("plan", "check", "--json", FOLDER / "plan.yaml")
    assert done.exit_code == 0
    assert json.loads(done.output)["notes"] == []


def test_what_trace_says_of_the_day_stands_there(run):
    done = run(*TRACE, FOLDER / "events.jsonl")
    again = "run the first trace of docs/examples/retailer/README.md into trace.txt"
    assert done.output == (FOLDER / "trace.txt").read_text(), again


def test_who_left_is_not_subscribed_again_and_the_return_adds_up(run):
    done = run(*TRACE, "--json", FOLDER / "events.jsonl")
    lines = [json.loads(line) for line in done.output.splitlines()]
    sent = [(line["messageId"], one["body"]) for line in lines for one in line["commands"]]
    forced = [number for number, body in sent if body.get("forceSubscribe")]
    assert forced == ["w-5", "w-9", "w-10"]
    refunds = [body["properties"].get("refundedAmount") for _, body in sent if "orderID" in body]
    assert refunds == [None, 49.9, 69.9]


def test_a_record_of_the_crm_unsubscribes_with_its_flag(run):
    done = run(*TRACE, "--json", "--source", "crm.members", FOLDER / "crm" / "members.json")
    (command,) = json.loads(done.output)["commands"]
    assert command["body"]["attributes"]["channels.email.subscribeStatus"] == "unsubscribed"
    assert command["body"]["identifiers"]["member_number"] == "K-99"
