import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.logs.contact_hash import contact_hash
from streams.logs.redaction import redact

GONE = [
    ("for ada.love+x@example.co.uk now", "for [email] now"),
    ("ada%40example.com", "[email]"),
    ('{"email":"ada@example.com"}', '{"email":"[email]"}'),
    ("ada@localhost", "[email]"),
    ("email=o'brien/{x}@example.com, next", "[email], next"),
    ("call +4915112345678", "call [phone]"),
    ("call +49 151 1234 5678 now", "call [phone] now"),
    ("call (555) 123-4567", "call [phone]"),
    ("555-123-4567", "[phone]"),
    ("user_15551234567", "user_[phone]"),
    ("at 2024-01-15 5551234567 foo", "at 2024-01-15 [phone] foo"),
    ("2024-01-15 (555) 123-4567", "2024-01-15 [phone]"),
    ("2024-01-15 555 123 4567", "2024-01-15 [phone]"),
    ("2024/01/15 4915112345678", "2024/01/15 [phone]"),
    ("10.0.0.1 5551234567", "10.0.0.1 [phone]"),
    ("10.0.0.1 2024-01-15 5551234567", "10.0.0.1 2024-01-15 [phone]"),
    ("4915112345678.5", "[phone]"),
    ("x-api-key: abcdef", "x-api-key: [secret]"),
    ("{'x-api-key': 'abcdef'}", "{'x-api-key': '[secret]'}"),
    ("api_key=abc,b", "api_key=[secret],b"),
    ("Authorization: Basic YWJjOg==", "Authorization: Basic [secret]"),
    ("https://user:pw@host/x", "https://[secret]@host/x"),
    ("the key is canary-1", "the key is [secret]"),
]

STAYS = [
    "2026-11-21T03:17:45.123Z",
    "2026-11-21 03:17:45,123",
    "broker at 192.168.100.100:9092",
    "cordial.upsertContact-7 offset 1234567",
    "550e8400-e29b-41d4-a716-446655440000",
    "contact 12345678",
    "took 1234.567890123 s",
    "waited 123456789.5 s",
    "from 2026-11-21 to 2026-11-22",
    "2026-11-21/2026-11-22",
    "2026-11-21 1234567",
    "10.0.0.1 10.0.0.2 10.0.0.3",
    "2026/11/21 10.0.0.1 9092",
    "aiokafka 0.14.0",
]


@pytest.mark.parametrize(("text", "shown"), GONE)
def test_what_belongs_to_a_person_or_a_lock_is_gone(text: str, shown: str) -> None:
    assert redact(text, ["canary-1"]) == shown


@pytest.mark.parametrize("text", STAYS)
def test_what_operators_need_stays(text: str) -> None:
    assert redact(text) == text


@given(st.text(max_size=40), st.emails(), st.text(max_size=40))
def test_no_email_survives(before: str, email: str, after: str) -> None:
    assert email not in redact(f"{before} {email} {after}")


@given(st.text(max_size=40), st.from_regex(r"\+[1-9][0-9]{7,14}", fullmatch=True))
def test_no_international_phone_survives(before: str, phone: str) -> None:
    assert phone not in redact(f"{before} {phone}.")


@given(
    st.sampled_from(["2024-01-15", "2024/01/15", "10.0.0.1", "10.0.0.1 2024-01-15"]),
    st.sampled_from([" ", "  ", "-", ".", "/", " (", "\u00a0", ") "]),
    st.from_regex(r"[0-9]{10,15}", fullmatch=True),
)
def test_no_phone_survives_behind_what_is_none(before: str, between: str, phone: str) -> None:
    shown = redact(f"{before}{between}{phone}")
    assert shown.startswith(before)
    assert phone not in shown


def test_many_addresses_in_a_row_stay() -> None:
    text = "10.0.0.1 " * 2_000
    assert redact(text, longest=len(text)) == text


def test_a_long_text_is_cut_where_nothing_is_halved() -> None:
    text = "word " * 399 + "ada@example.com"
    assert redact(text) == "word " * 398 + "word …"
    assert redact("a" * 5_000_000) == " …"


@given(st.text())
def test_a_contact_is_eight_hexadecimal_characters(contact: str) -> None:
    assert re.fullmatch(r"[0-9a-f]{8}", contact_hash(contact, "secret"))


def test_another_secret_gives_another_hash() -> None:
    assert contact_hash("u-1", "a") == contact_hash("u-1", "a")
    assert contact_hash("u-1", "a") != contact_hash("u-1", "b")
    assert contact_hash("\ud800", "a") != contact_hash("?", "a")
