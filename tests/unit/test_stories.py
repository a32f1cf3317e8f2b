"""The stories under tests/examples: events, and what Cordial is told because of them."""

import json
from pathlib import Path

import pytest

from streams.actions import ACTIONS
from streams.tracing.story import StoryError, differing, story_of
from streams.tracing.telling import trace

EXAMPLES = Path(__file__).parents[1] / "examples"
STORIES = sorted(EXAMPLES.glob("*/*.json"))
TOLD = [name for name, action in ACTIONS.items() if action.trigger is not None]


def _name(path: Path) -> str:
    return f"{path.parent.name}/{path.stem}"


def _differences(story):
    return list(differing(story_of(story), trace))


@pytest.mark.parametrize("path", STORIES, ids=_name)
def test_the_trace_is_as_the_story_says(path):
    assert _differences(json.loads(path.read_text())) == []


@pytest.mark.parametrize("path", STORIES, ids=_name)
def test_a_story_says_what_it_expects_of_every_event(path):
    story = json.loads(path.read_text())
    parts = {"plan", "settings", "account", "source", "record", "events", "expect"}
    assert set(story) <= parts
    assert len(story["expect"]) == len(story["events"]) > 0
    assert all("outcome" in line for line in story["expect"])


@pytest.mark.parametrize("name", [*TOLD, "removeContactsFromList"])
def test_an_action_that_events_make_has_stories_and_one_tells_its_body(name):
    folder = "".join(f"_{one.lower()}" if one.isupper() else one for one in name)
    stories = [path for path in STORIES if path.parent.name == folder]
    assert stories, folder
    assert any(_tells_body(path, name) for path in stories)


def _tells_body(path: Path, name: str) -> bool:
    lines = json.loads(path.read_text())["expect"]
    commands = [command for line in lines for command in line.get("commands", ())]
    return any(one["action"] == name and one.get("body") for one in commands)


def test_a_story_that_is_wrong_is_noticed():
    story = json.loads((EXAMPLES / "merge_contacts" / "alias_merges.json").read_text())
    story["expect"][0]["commands"][0]["body"]["previousId"] = "a-10"
    (difference,) = _differences(story)
    assert difference.startswith("line 1.commands[0].body: expected ")


def test_a_line_too_many_is_noticed():
    story = json.loads((EXAMPLES / "merge_contacts" / "alias_merges.json").read_text())
    story["expect"].append({"outcome": "routed"})
    assert _differences(story) == ["1 lines, 2 expected"]


NO_STORIES = [
    ([], "a story is a JSON object"),
    ({"expect": []}, "events is a list of JSON objects"),
    ({"events": [], "expect": [1]}, "expect is a list of JSON objects"),
    ({"events": [], "expect": [], "expected": []}, "a story has no expected; known are plan, "),
    ({"events": [], "expect": [], "settings": []}, "settings is a JSON object"),
    ({"events": [], "expect": [], "settings": {"segmentIdKey": "id"}}, "settings has no segment"),
    ({"events": [], "expect": [], "settings": {"segment_id_key": 3}}, "segment_id_key is text"),
]


@pytest.mark.parametrize(("data", "message"), NO_STORIES)
def test_what_is_no_story_says_why(data, message):
    with pytest.raises(StoryError, match=message):
        story_of(data)
