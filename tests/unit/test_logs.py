import ast
import io
import json
import logging
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import structlog

import streams
from streams.logs import configure
from streams.logs.repeats import Repeats
from streams.logs.shown import SHOWN

CANARIES = ("canary-key-1", "ada@example.com", "+4915112345678", "4915112345678", "Lovelace")

Lines = Callable[[], list[dict[str, object]]]


class Clock:
    def __init__(self) -> None:
        self.time = 0.0

    def __call__(self) -> float:
        return self.time


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def stream(clock: Clock) -> Iterator[io.StringIO]:
    stream = io.StringIO()
    handler = configure(
        secrets=lambda: ["canary-key-1"], stream=stream, terminal=False, clock=clock
    )
    yield stream
    logging.getLogger().removeHandler(handler)
    logging.captureWarnings(False)
    structlog.reset_defaults()


@pytest.fixture
def lines(stream: io.StringIO) -> Lines:
    return lambda: [json.loads(line) for line in stream.getvalue().splitlines()]


def no_canary(text: str) -> bool:
    return not any(canary in text for canary in CANARIES)


def test_our_lines_are_json_with_what_may_be_shown(lines: Lines) -> None:
    structlog.get_logger("streams.kafka.sink").info(
        "delivered", action="upsertContact", contact="0a1b2c3d", partition=3, seconds=0.25
    )
    (line,) = lines()
    assert isinstance(line.pop("timestamp"), str)
    assert line == {
        "event": "delivered",
        "level": "info",
        "logger": "streams.kafka.sink",
        "action": "upsertContact",
        "contact": "0a1b2c3d",
        "partition": 3,
        "seconds": 0.25,
    }


def test_lines_of_libraries_pass_the_same_way(lines: Lines) -> None:
    logging.getLogger("aiokafka.consumer").warning("lost %s at %d", "cordial.keyed", 7)
    (line,) = lines()
    assert (line["event"], line["level"]) == ("lost cordial.keyed at 7", "warning")


def test_no_canary_gets_through(stream: io.StringIO) -> None:
    log = structlog.get_logger("streams")
    log.info("for ada@example.com", body={"email": "x"}, user="Lovelace", contact="Lovelace")
    log.info("sent", topic="canary-key-1", reason=["+4915112345678", {"a": "Lovelace"}])
    log.bind(api_key="canary-key-1").info("key canary-key-1")
    logging.getLogger("faust").error("value %r of %s", b"Lovelace 1815", "ada@example.com")
    logging.getLogger("faust").error("call +49 151 1234 5678", extra={"body": "Lovelace"})
    try:
        raise KeyError("Lovelace")
    except KeyError:
        log.exception("failed")
        logging.getLogger("mode").exception("crashed")
    shown = stream.getvalue()
    assert no_canary(shown)
    assert len(shown.splitlines()) == 7


def test_an_exception_shows_its_type_and_place_only(lines: Lines) -> None:
    try:
        try:
            raise ConnectionRefusedError(111, "refused by broker")
        except OSError as error:
            raise ValueError("Lovelace") from error
    except ValueError:
        structlog.get_logger("streams").exception("failed")
    said = str(lines()[0]["exception"])
    assert said.startswith("ValueError [unit/test_logs.py:")
    assert "ConnectionRefusedError: [Errno 111] refused by broker" in said
    assert no_canary(said)


def test_the_same_line_is_shown_ten_times_a_minute(lines: Lines, clock: Clock) -> None:
    for number in range(50):
        logging.getLogger("faust").warning("partition %d is slow", number)
        structlog.get_logger("streams").warning("again")
    assert len(lines()) == 20
    clock.time = 61
    logging.getLogger("faust").info("other")
    late = lines()[20:]
    assert [(line["event"], line.get("repeated")) for line in late] == [
        ("partition %d is slow", 40),
        ("again", 40),
        ("other", None),
    ]


def test_closing_says_what_was_hidden(lines: Lines) -> None:
    for _ in range(12):
        logging.getLogger("faust").warning("x")
    for handler in logging.getLogger().handlers:
        if handler.formatter is not None and handler.__class__.__name__ == "AggregatingHandler":
            handler.close()
    assert lines()[-1]["repeated"] == 2


def test_the_memory_of_repeats_is_bounded() -> None:
    repeats = Repeats()
    for number in range(10_000):
        repeats.due(0)
        repeats.shows(("x", 20, f"kind {'a' * (number % 5)} {number}"), 0)
        assert len(repeats._lines) <= 1_001


def test_a_terminal_gets_lines_for_people() -> None:
    stream = io.StringIO()
    handler = configure(secrets=list, stream=stream, terminal=True, colours=False)
    try:
        structlog.get_logger("streams").info("delivered", action="upsertContact")
    finally:
        logging.getLogger().removeHandler(handler)
        logging.captureWarnings(False)
        structlog.reset_defaults()
    assert "delivered" in stream.getvalue()
    assert "action=upsertContact" in stream.getvalue()


LEVELS = {"debug", "info", "warning", "error", "exception", "critical"}


def named_values() -> Iterator[tuple[str, str]]:
    """File and name of each value in our lines; of `**values` each name in a dict of the file."""
    for path in Path(streams.__file__).parent.rglob("*.py"):
        nodes = list(ast.walk(ast.parse(path.read_text())))
        for call in nodes:
            if (
                isinstance(call, ast.Call)
                and isinstance(call.func, ast.Attribute)
                and ast.unparse(call.func.value) == "log"
                and call.func.attr in LEVELS
            ):
                names = [one.arg for one in call.keywords]
                yield from ((path.name, name) for name in names if name is not None)
                if None in names:
                    dicts = [one for one in nodes if isinstance(one, ast.Dict)]
                    keys = [key for one in dicts for key in one.keys]
                    yield from (
                        (path.name, key.value) for key in keys if isinstance(key, ast.Constant)
                    )


def test_every_value_that_a_line_of_ours_names_is_shown() -> None:
    named = set(named_values())
    assert ("outcome_lines.py", "duration_ms") in named
    assert {one for one in named if one[1] not in SHOWN} == set()
