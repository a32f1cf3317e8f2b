"""How long a partition was silent is found in the requests around what was done."""

from tests.recovery.silence import Step, accepted, silences

STEP = Step("a worker leaves", began=10.0, ended=20.0, most=10.0)


def longest(*times: float) -> float:
    return round(silences({0: times}, STEP)[0], 3)


def test_from_the_last_request_before_to_the_first_after():
    assert longest(8.0, 9.0, 14.0, 15.0, 19.5, 30.0) == 5.0


def test_a_partition_that_nobody_told_was_silent_to_the_end():
    assert longest(8.0, 9.0) == 11.0
    assert longest() == 10.0
    assert longest(9.0, 11.0, 12.0) == 8.0


def test_what_was_before_or_after_does_not_count():
    assert longest(0.0, 9.9, *(10.0 + number / 2 for number in range(1, 21)), 90.0) == 0.6


def test_requests_are_told_by_the_partition_that_their_contacts_name():
    lines = [
        (1.0, "/activities", 202, '{"identifiers": {"segment_id": "w-3-7"}}'),
        (2.0, "/activities", 429, '{"identifiers": {"segment_id": "w-3-7"}}'),
        (3.0, "/activities", 202, '{"identifiers": {"segment_id": "w-0-1"}}'),
    ]
    assert accepted(lines, 4) == {0: [3.0], 1: [], 2: [], 3: [1.0]}
