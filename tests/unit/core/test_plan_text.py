"""A plan's file as people leave it: saved wrongly, half written, or something else altogether."""

import pytest

from streams.plan import PlanError, load_plan, parse_plan

FILES = {
    "saved in another encoding": (b"actions: {} # caf\xe9\n", "is no UTF-8; save it as UTF-8"),
    "a control character": (
        b"actions:\n  {}\0\n",
        "line 2: is no YAML: it has a control character",
    ),
    "a number": (b"0\n", "line 1: the plan is no mapping; write names with a colon"),
    "a list": (b"- a\n", "line 1: the plan is no mapping; write names with a colon"),
    "an empty list": (b"[]\n", "line 1: the plan is no mapping; write names with a colon"),
    "nothing below a part": (b"sources: [{topic: a}]\nactions:\n", "line 2: actions has nothing"),
    "nothing below an action": (b"actions:\n  upsertOrder:\n", "actions.upsertOrder has nothing"),
    "a list in place of a mapping": (b"actions: [a]\n", "line 1: actions is no mapping"),
}


@pytest.mark.parametrize(("content", "said"), FILES.values(), ids=FILES)
def test_what_is_wrong_with_a_file_is_said_in_plain_words(tmp_path, content, said):
    path = tmp_path / "plan.yaml"
    path.write_bytes(content)
    with pytest.raises(PlanError) as caught:
        load_plan(path)
    assert said in str(caught.value)
    assert str(caught.value).startswith(str(path))


@pytest.mark.parametrize("text", ["", "# nothing yet\n", "---\n", "null\n"])
def test_an_empty_file_is_the_default(text):
    assert parse_plan(text) == load_plan(None)


def test_a_file_may_begin_with_a_byte_order_mark(tmp_path):
    path = tmp_path / "plan.yaml"
    path.write_bytes(b"\xef\xbb\xbfactions: {}\n")
    assert load_plan(path) == load_plan(None)
