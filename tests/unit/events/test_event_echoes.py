"""A command that is read back where it was written is not decoded, and is the same."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from streams.core.command import Command, Position
from streams.core.routing import route
from streams.kafka.codec import Codec
from streams.kafka.echoes import Echoes
from streams.tracing import history
from streams.tracing.story import story_of
from streams.tracing.telling import trace

STORIES = sorted((Path(__file__).parents[2] / "examples").glob("*/*.json"))


class Counting(Codec):
    decoded = 0

    def decode_command(self, value):
        self.decoded += 1
        return super().decode_command(value)


@pytest.fixture
def codec() -> Counting:
    return Counting()


def command(offset: int) -> Command:
    body = {"identifiers": {"segment_id": "u-7"}, "attributes": {"tier": "gold"}}
    return Command("upsertContact", "u-7", "m-1", 7, body, Position(0, "keyed", 3, offset))


def test_what_was_written_here_is_not_decoded_and_another_time_it_is(codec: Counting) -> None:
    echoes = Echoes(codec)
    value = echoes.encode_command(command(1))
    assert echoes.decode_command(bytes(bytearray(value))) == command(1)
    assert codec.decoded == 0
    assert echoes.decode_command(value) == command(1)
    assert codec.decoded == 1


def test_a_copy_that_differs_is_decoded(codec: Counting) -> None:
    echoes = Echoes(codec)
    value = echoes.encode_command(command(1))
    differing = value.replace(b"gold", b"iron")
    assert echoes.decode_command(differing).body["attributes"] == {"tier": "iron"}
    assert codec.decoded == 1
    assert echoes.decode_command(None) == Codec().decode_command(None)


def test_the_oldest_is_forgotten_and_decoded(codec: Counting) -> None:
    size = len(codec.encode_command(command(1)))
    echoes = Echoes(codec, most_bytes=2 * size)
    values = [echoes.encode_command(command(one)) for one in (1, 2, 2, 3)]
    read = [echoes.decode_command(one) for one in values[1:]]
    assert read == [command(2), command(2), command(3)]
    assert codec.decoded == 1
    assert echoes.decode_command(values[0]) == command(1)
    assert codec.decoded == 2


def _kinds(value: Any) -> Any:
    """A value with the type of each of its parts."""
    if isinstance(value, dict):
        return [(name, _kinds(one)) for name, one in value.items()]
    if isinstance(value, list | tuple):
        return type(value), [_kinds(one) for one in value]
    return type(value), value


@pytest.mark.parametrize("path", STORIES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_a_command_is_the_same_where_it_is_decoded(
    path: Path, monkeypatch: pytest.MonkeyPatch, codec: Counting
) -> None:
    made: list[Command] = []

    def routed(*given: Any, **named: Any) -> Any:
        result = route(*given, **named)
        made.extend(result.commands)
        return result

    monkeypatch.setattr(history, "route", routed)
    story = story_of(json.loads(path.read_text()))
    list(trace(story.events, story.plan, 1_795_168_800_000, story.reading))
    for one in made:
        decoded = codec.decode_command(codec.encode_command(one))
        assert _kinds(asdict(decoded)) == _kinds(asdict(one))
