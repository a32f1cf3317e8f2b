"""What an event says of subscriptions in an explained trace: as JSON, and as text for people."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from streams.core.consent import UNSUBSCRIBED, Consent, status_key
from streams.core.consent_audit import document
from streams.core.consent_explained import ChannelExplained
from streams.core.event import Note

PARTS = ("status", "because", "consented", "left", "stated")
MARKS = {True: "✓", False: "✗"}
HEADS = (("because", "told Cordial"), ("consented", "consented last"), ("left", "left last"))


@dataclass(frozen=True, slots=True)
class Judged:
    """What was known of the contact when a command's turn came, and what was decided of it."""

    known: Consent | None
    notes: tuple[Note, ...]


def channel(said: ChannelExplained, judged: Judged | None) -> dict[str, Any]:
    """What is said of one channel, as JSON has it; `then` is what was decided of it."""
    made: dict[str, Any] = {
        "channel": said.channel,
        "listed": [{"name": name, "true": truth} for name, truth in said.listed],
        "rule": said.rule,
    }
    if said.rule is None:
        return made
    field = said.field
    made |= {"from": list(field.sources), "by": list(field.by)} if field else {"from": [], "by": []}
    if field is not None and not field.why:
        made["value"] = field.value
    made |= {"status": said.status, "consent": said.consent, "why": said.why or None}
    if judged is None or said.status is None:
        return made
    key = status_key(said.channel)
    then = [note.what for note in judged.notes if note.field == key]
    return made | {"then": then, "known": _known(said.channel, judged.known)}


def _known(name: str, row: Consent | None) -> dict[str, Any] | None:
    """What the table would know of the channel; None where it knows nothing."""
    known = document("", row, (), name)["channels"]
    return {part: known[0][part] for part in PARTS} if known else None


def channel_lines(said: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """The lines of a page with their styles."""
    name = said["channel"]
    if said["listed"]:
        marks = ", ".join(f"{MARKS[one['true']]} {one['name']}" for one in said["listed"])
        yield f"    {name}, listed events: {marks}", "dim"
    if said["rule"] is None:
        return
    places = ", ".join(said["from"])
    where = f"{places} by {said['rule']}" if places else said["rule"]
    word = f" = {json.dumps(said['value'], ensure_ascii=False)}" if "value" in said else ""
    if said["status"] is None:
        yield f"    {name} ← {where}{word}: left out, {said['why']}", "dim"
        return
    yield f"    {name} ← {where}{word}: {said['status']}, {_kind(said)}", ""
    if said["why"]:
        yield f"    {name}: {said['rule']} {said['why']}", "yellow"
    for one in said.get("then", ()):
        yield f"    {name}, then: {one}", ""
    yield from _known_lines(name, said.get("known") or {})


def _kind(said: Mapping[str, Any]) -> str:
    if not said["consent"]:
        return "a status, no consent"
    return "by a listed event" if said["status"] == UNSUBSCRIBED else "consent"


def _known_lines(name: str, known: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for part, words in HEADS:
        one = known.get(part)
        if one is not None:
            by = f"{one['status']} by {one['rule']}, event {one['messageId']} of {one['time']}"
            yield f"    {name}, known before: {words} {by}", "dim"
