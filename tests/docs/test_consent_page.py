"""docs/consent.md: its plan can be read, and its audit reads as the command prints."""

import re
from pathlib import Path

from streams.core.command import Position
from streams.core.consent import Channel, Consent, Said, used_key
from streams.core.consent_audit import document, lines
from streams.plan import compile_plan, parse_plan
from tests.unit.core.made import KEYS

PAGE = (Path(__file__).parents[2] / "docs" / "consent.md").read_text()


def test_the_plan_can_be_read():
    (text,) = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
    plan = compile_plan(parse_plan(text), KEYS)
    assert [one.channel for one in plan.consent.channels] == ["email", "sms"]
    assert [one.name for one in plan.instances[:2]] == ["upsertContact", "consent"]


def test_the_audit_reads_as_it_is_printed():
    when, place = 1_795_341_600_000, Position(1, "customer.events", 3, 1042)
    said = Said("subscribed", when, "newsletter_form", "m-7", place)
    known = Channel(granted=said, accepted=said, used=(used_key("m-7"),))
    headline, consented = lines(document("u-42", Consent({"email": known}), ()))
    assert headline in PAGE
    assert consented in PAGE
