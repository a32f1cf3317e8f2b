"""What is mended in an event, what is left out, and what makes it invalid: one row each."""

import math
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.core.event import Event
from streams.core.records import Place
from streams.core.times import Moment, NotATime, moment
from streams.sources.customer_event import Invalid, from_json, to_event, to_record

PLACE = Place("shop.events", 3, 42)
NOW = 1_795_168_800_000  # 2026-11-20T10:00:00Z
BASE: dict[str, Any] = {"type": "track", "messageId": "m-1", "userId": "u-42", "timestamp": NOW}


def read(**fields: Any) -> Event:
    event = from_json(BASE | fields, PLACE, NOW)
    assert isinstance(event, Event), event
    return event


def notes(event: Event) -> list[tuple[str, str]]:
    return [(note.field, note.what) for note in event.notes]


def test_a_whole_event_is_read_without_a_note(event: Event) -> None:
    assert notes(event) == []
    assert event.timestamp == 1_795_168_800_120
    assert event.contact == "u-42"
    assert event.integrations == {"All": False, "Cordial": True}
    assert event.properties["tags"] == ["summer", 3, None, {"deep": True}]
    assert event.context == {
        "page": {"url": "https://shop.example/p/100", "referrer": {}},
        "ip": None,
    }


def test_a_record_and_its_json_give_the_same_event(event: Event) -> None:
    assert to_event(to_record(event), PLACE) == event


IDS: list[tuple[str, dict[str, Any], str, Any, list[tuple[str, str]]]] = [
    ("as it is", {"userId": "ü 42"}, "user_id", "ü 42", []),
    ("trimmed", {"userId": " u-42\n"}, "user_id", "u-42", [("userId", "trimmed")]),
    ("blank", {"userId": " \t"}, "user_id", None, [("userId", "blank: taken as absent")]),
    ("null", {"userId": None}, "user_id", None, []),
    ("a number", {"userId": 42}, "user_id", "42", [("userId", "number written as text")]),
    (
        "blank",
        {"anonymousId": ""},
        "anonymous_id",
        None,
        [("anonymousId", "blank: taken as absent")],
    ),
    ("trimmed", {"groupId": "g "}, "group_id", "g", [("groupId", "trimmed")]),
    ("NUL", {"userId": "u\0-42"}, "user_id", "u-42", [("userId", "NUL removed")]),
    (
        "surrogate",
        {"previousId": "a\ud83d"},
        "previous_id",
        "a\ufffd",
        [("previousId", "invalid characters replaced")],
    ),
    ("blank name", {"name": " "}, "name", None, []),
    ("version", {"version": 1.1}, "version", "1.1", [("version", "number written as text")]),
    (
        "blank",
        {"messageId": " "},
        "message_id",
        "shop.events-3-42",
        [("messageId", "blank: made from the record's place")],
    ),
]


@pytest.mark.parametrize(("fields", "name", "value", "noted"), [c[1:] for c in IDS])
def test_ids_and_names(
    fields: dict[str, Any], name: str, value: Any, noted: list[tuple[str, str]]
) -> None:
    event = read(**fields)
    assert getattr(event, name) == value
    assert notes(event) == noted


INVALID: list[tuple[dict[str, Any], str, str]] = [
    ({"type": None}, "type", "is missing"),
    ({"type": "Track"}, "type", "is not one of track, identify, page, screen, group, alias"),
    ({"type": ["track"]}, "type", "is not one of track, identify, page, screen, group, alias"),
    ({"userId": {"id": 1}}, "userId", "is not a text"),
    ({"userId": True}, "userId", "is not a text"),
    ({"userId": math.nan}, "userId", "is not a text"),
    ({"userId": "u" * 1_001}, "userId", "is longer than 1,000 characters"),
    ({"messageId": "m" * 1_001}, "messageId", "is longer than 1,000 characters"),
    ({"event": ["Product Added"]}, "event", "is not a text"),
    ({"timestamp": "yesterday"}, "timestamp", "is not an ISO 8601 time"),
    ({"timestamp": True}, "timestamp", "is not a time"),
    ({"timestamp": {}}, "timestamp", "is not a time"),
    ({"timestamp": math.inf}, "timestamp", "is no time, in whatever unit"),
    ({"timestamp": 10**18 * 9}, "timestamp", "is outside the years 1 to 9999"),
    ({"traits": "x"}, "traits", "is not an object"),
    ({"properties": [1]}, "properties", "is not an object"),
    ({"context": 1}, "context", "is not an object"),
    ({"integrations": "Cordial"}, "integrations", "is not an object"),
]


@pytest.mark.parametrize(("fields", "field", "message"), INVALID)
def test_what_makes_an_event_invalid(fields: dict[str, Any], field: str, message: str) -> None:
    assert from_json(BASE | fields, PLACE, NOW) == Invalid(field, message)


UTC_ASSUMED = "without a zone: read as UTC"
MOMENTS: list[tuple[Any, Moment | NotATime]] = [
    (1_795_168_800_120, Moment(1_795_168_800_120)),
    (1_795_168_800, Moment(1_795_168_800_000, "read as seconds")),
    (1_795_168_800.12, Moment(1_795_168_800_120, "read as seconds")),
    (1_795_168_800_120_987, Moment(1_795_168_800_120, "read as microseconds")),
    (1_795_168_800_120_987_654, Moment(1_795_168_800_120, "read as nanoseconds")),
    ("1795168800", Moment(1_795_168_800_000, "read as seconds")),
    ("1512101120000", Moment(1_512_101_120_000)),
    (0, Moment(0)),
    (-1, Moment(-1)),
    ("2026-11-20T10:00:00.120Z", Moment(1_795_168_800_120)),
    ("2026-11-20T11:00:00.120456+01:00", Moment(1_795_168_800_120)),
    ("2026-11-20T10:00:00", Moment(1_795_168_800_000, UTC_ASSUMED)),
    (" 2026-11-20 ", Moment(1_795_132_800_000, UTC_ASSUMED)),
    ("20261120", Moment(1_795_132_800_000, UTC_ASSUMED)),
    ("0001-01-01T00:00:00+14:00", Moment(-62_135_647_200_000)),
    ("", NotATime("is not an ISO 8601 time")),
    ("2026-13-01", NotATime("is not an ISO 8601 time")),
    ("---------1", NotATime("is not an ISO 8601 time")),
    (10**400, NotATime("is no time, in whatever unit")),
    (math.nan, NotATime("is no time, in whatever unit")),
]


@pytest.mark.parametrize(("value", "expected"), MOMENTS)
def test_moments(value: Any, expected: Moment | NotATime) -> None:
    assert moment(value) == expected


TIMES: list[tuple[dict[str, Any], int, list[tuple[str, str]]]] = [
    ({"timestamp": NOW + 86_400_000}, NOW + 86_400_000, []),
    (
        {"timestamp": NOW + 86_400_001},
        NOW + 86_400_001,
        [("timestamp", "more than a day in the future")],
    ),
    ({"timestamp": 0}, 0, [("timestamp", "before the year 2000")]),
    (
        {"timestamp": None, "sentAt": NOW - 5},
        NOW - 5,
        [("timestamp", "missing: another time of the event or its record taken")],
    ),
    (
        {"timestamp": None},
        NOW,
        [("timestamp", "missing: another time of the event or its record taken")],
    ),
    (
        {"originalTimestamp": "soon"},
        NOW,
        [("originalTimestamp", "left out: is not an ISO 8601 time")],
    ),
]


@pytest.mark.parametrize(("fields", "timestamp", "noted"), TIMES)
def test_times(fields: dict[str, Any], timestamp: int, noted: list[tuple[str, str]]) -> None:
    event = read(**fields)
    assert event.timestamp == timestamp
    assert notes(event) == noted


def test_a_record_without_any_time_takes_its_own_on_the_bus_or_is_invalid() -> None:
    record = {"type": "page", "userId": "u-42"}
    assert to_event(record, PLACE, now=NOW) == Invalid("timestamp", "is missing")
    event = to_event(record, Place("shop.events", 3, 42, time=NOW - 1), now=NOW)
    assert isinstance(event, Event)
    assert event.timestamp == NOW - 1


P = "properties"
RENAMED = "renamed: Cordial strips numeric and dotted names"
PROPERTIES: list[tuple[str, dict[str, Any], dict[str, Any], list[tuple[str, str]]]] = [
    ("a dot", {"a.b": 1}, {"a_b": 1}, [(f"{P}.a.b", RENAMED)]),
    ("a number", {"123": 1}, {"_123": 1}, [(f"{P}.123", RENAMED)]),
    ("a decimal", {"1.5": 1}, {"1_5": 1}, [(f"{P}.1.5", RENAMED)]),
    ("taken", {"a.b": 1, "a_b": 2}, {"a_b_": 1, "a_b": 2}, [(f"{P}.a.b", RENAMED)]),
    (
        "both renamed",
        {"a.b": 1, "a_b": 2, "a_b_": 3},
        {"a_b__": 1, "a_b": 2, "a_b_": 3},
        [(f"{P}.a.b", RENAMED)],
    ),
    ("deep", {"l": [{"1": 1}]}, {"l": [{"_1": 1}]}, [(f"{P}.l[0].1", RENAMED)]),
    ("with blanks", {"Product Name": 1, "größe": 2}, {"Product Name": 1, "größe": 2}, []),
    ("NaN", {"a": math.nan, "b": 1}, {"b": 1}, [(f"{P}.a", "left out: not a finite number")]),
    (
        "infinity in a list",
        {"a": [1, math.inf]},
        {"a": [1]},
        [(f"{P}.a[1]", "left out: not a finite number")],
    ),
    (
        "long integer",
        {"a": 2**63, "b": 2**63 - 1},
        {"a": float(2**63), "b": 2**63 - 1},
        [(f"{P}.a", "integer beyond 64 bits written as a floating number")],
    ),
    (
        "endless integer",
        {"a": 10**400},
        {},
        [(f"{P}.a", "left out: not a finite number")],
    ),
    ("NUL", {"a": "x\0y"}, {"a": "xy"}, [(f"{P}.a", "NUL removed")]),
    (
        "surrogate in a list",
        {"a": ["\ud800x"]},
        {"a": ["\ufffdx"]},
        [(f"{P}.a[0]", "invalid characters replaced")],
    ),
    (
        "surrogate in a name",
        {"a\udfff": 1},
        {"a\ufffd": 1},
        [(f"{P}.a\ufffd", "invalid characters replaced")],
    ),
    (
        "array in an array",
        {"a": [[1, 2]]},
        {"a": [{"items": [1, 2]}]},
        [(f"{P}.a[0]", "array in an array put into an object as items")],
    ),
    ("bytes", {"a": b"x"}, {}, [(f"{P}.a", "left out: bytes")]),
    ("no JSON", {"a": {1, 2}}, {}, [(f"{P}.a", "left out: no JSON value")]),
    (
        "logical types",
        {"a": Decimal("1.25"), "b": UUID(int=1)},
        {"a": 1.25, "b": "00000000-0000-0000-0000-000000000001"},
        [],
    ),
    ("hostile text", {"a": "\r\nX: y ../ {{x}} \u202e"}, {"a": "\r\nX: y ../ {{x}} \u202e"}, []),
]


@pytest.mark.parametrize(
    ("given_", "kept", "noted"), [c[1:] for c in PROPERTIES], ids=[c[0] for c in PROPERTIES]
)
def test_properties(
    given_: dict[str, Any], kept: dict[str, Any], noted: list[tuple[str, str]]
) -> None:
    event = read(properties=given_)
    assert event.properties == kept
    assert notes(event) == noted


def test_traits_and_context_keep_their_names() -> None:
    event = read(traits={"a.b": 1, "1": 2}, context={"c.d": 3})
    assert (event.traits, event.context) == ({"a.b": 1, "1": 2}, {"c.d": 3})
    assert notes(event) == []


def test_a_member_that_is_called_fields_stays_one() -> None:
    event = read(properties={"fields": {"fields": {"a": 1}}})
    assert event.properties == {"fields": {"fields": {"a": 1}}}
    assert to_event(to_record(event), PLACE) == event


def test_integrations_are_flags() -> None:
    event = read(integrations={"All": True, "Cordial": {"x": 1}, "A": False, "B": None, "C": "yes"})
    assert event.integrations == {"All": True, "Cordial": True, "A": False}
    assert notes(event) == [("integrations.C", "left out: neither a boolean nor an object")]


def test_an_empty_array_is_an_empty_object() -> None:
    event = read(properties=[], integrations=[])
    assert (event.properties, event.integrations) == ({}, {})
    assert notes(event) == [("properties", "empty array taken as an empty object")]


def test_what_is_nested_deeper_than_twenty_is_left_out() -> None:
    def nest(levels: int, shape: str) -> Any:
        value: Any = "end"
        for _ in range(levels):
            value = {"x": value} if shape == "object" else {"x": [value]}
        return value

    assert read(properties=nest(20, "object")).notes == ()
    assert notes(read(properties=nest(21, "object"))) == [
        (f"{P}{'.x' * 20}", "left out: nested deeper than 20")
    ]
    assert read(properties=nest(10, "array")).notes == ()
    assert len(read(properties=nest(800, "array")).notes) == 1


def test_of_ten_thousand_properties_the_first_thousand_stay() -> None:
    event = read(properties={f"p{number:05d}": number for number in reversed(range(10_000))})
    assert list(event.properties) == [f"p{number:05d}" for number in range(1_000)]
    assert notes(event) == [(P, "only the first 1000 in name order kept")]


def test_a_name_of_a_megabyte_stays_and_its_note_is_short() -> None:
    event = read(properties={"n" * 1_000_000: "x\0", "name": "n" * 1_000_000})
    assert len(event.properties) == 2
    assert [len(note.field) for note in event.notes] == [200]


def test_notes_are_bounded() -> None:
    event = read(properties={"a": [math.nan] * 5_000})
    assert len(event.notes) == 51
    assert event.notes[-1].what == "4950 more notes left out"


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters(), max_size=5)
    | st.just("\ud800\0"),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.text(max_size=3) | st.sampled_from(["1", "a.b", "a_b"]), inner, max_size=3
        )
    ),
    max_leaves=12,
)
FIELDS = [
    "type",
    "messageId",
    "userId",
    "anonymousId",
    "event",
    "name",
    "groupId",
    "previousId",
    "timestamp",
    "sentAt",
    "traits",
    "properties",
    "context",
    "integrations",
    "channel",
    "version",
]


def _clean(value: Any) -> bool:
    if isinstance(value, dict):
        return all(_clean(name) and _clean(member) for name, member in value.items())
    if isinstance(value, list):
        return all(not isinstance(item, list) and _clean(item) for item in value)
    if isinstance(value, str):
        return "\0" not in value and value == value.encode("utf-8", "replace").decode()
    if isinstance(value, bool) or value is None:
        return True
    return math.isfinite(value) and (isinstance(value, float) or -(2**63) <= value < 2**63)


@settings(max_examples=300, deadline=None)
@given(st.dictionaries(st.sampled_from(FIELDS), JSON))
def test_anything_gives_a_clean_event_or_a_named_field(record: dict[str, Any]) -> None:
    for candidate in (record, BASE | record, BASE | {"properties": {"any": list(record.values())}}):
        got = from_json(candidate, PLACE, NOW)
        if isinstance(got, Invalid):
            assert got.field in FIELDS
            continue
        parts = (got.traits, got.properties, got.context, dict(got.integrations))
        assert all(_clean(part) for part in parts)
        assert all(_clean(note.field) for note in got.notes)
        again = to_event(to_record(got), PLACE)
        assert isinstance(again, Event)
        assert (again.traits, again.properties, again.context) == parts[:3]
        assert all("trim" not in note.what for note in again.notes)


@settings(max_examples=200, deadline=None)
@given(
    st.integers()
    | st.floats()
    | st.text(st.characters(codec="ascii"), max_size=20)
    | st.datetimes().map(str)
)
def test_no_time_raises(value: Any) -> None:
    assert isinstance(moment(value), Moment | NotATime)
