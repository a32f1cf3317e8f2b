"""`dead-letters` on a real broker, before its topics are made."""

import pytest

from streams.operating import dead_letters

pytestmark = pytest.mark.kafka


def test_a_missing_topic_is_said_at_once(kafka, name, monkeypatch, capsys):
    monkeypatch.setenv("CORDIAL_STREAMS_KAFKA__BOOTSTRAP", kafka.bootstrap)
    monkeypatch.setenv("CORDIAL_STREAMS_PREFIX", name)
    code = dead_letters.run_list(action=None, reason=None, contact=None, as_json=True)
    said = capsys.readouterr()
    assert (code, said.out) == (5, "")
    assert "run: cordial-streams topics apply" in said.err
