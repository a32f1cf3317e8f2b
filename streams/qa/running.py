"""`qa run`: the command, its table and its exit code."""

import asyncio
import json
import secrets
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from streams.exits import FAILED, OK, USAGE, refused
from streams.operating.exits import told
from streams.plan import Plan, bus_of, load_plan
from streams.plan.instances import instances
from streams.qa.journey import (
    InTheEnd,
    Journey,
    JourneyError,
    Profile,
    plays,
    read_journey,
    read_profile,
)
from streams.qa.judging import At, Row, at_cordial, contact_problems, cordial_problems, rows
from streams.qa.playing import Played, play
from streams.settings import load

WIDTH = 160


@told
def run_qa(
    journey: Path,
    *,
    profile: Path,
    plan: Path | None,
    source: str | None,
    schema_id: int | None,
    as_json: bool,
) -> int:
    """The `qa run` command; the exit code."""
    try:
        wanted = read_journey(_text(journey), str(journey))
        who = read_profile(_text(profile), str(profile))
        given = load_plan(plan)
        topic = _topic(given, source)
        run = f"{int(time.time())}-{secrets.token_hex(2)}"
        steps = list(plays(wanted, who, run))
        played = asyncio.run(play(load(), topic, steps, wanted.timeout, schema_id))
    except JourneyError as error:
        return refused(error, USAGE)
    table = list(rows(steps, played.heard))
    ids = _identifiers(who)
    at = None if played.journal is None else at_cordial(played.journal, ids)
    problems = [
        f"step {one.step}, {one.title}: {one.expected or one.action}: {one.verdict}"
        for one in table
        if one.verdict != "ok"
    ]
    kinds = {name: action.name for name, action, _ in instances(given)}
    problems += [] if at is None else cordial_problems(steps, played.heard, at, kinds)
    if played.contacts is not None:
        problems += contact_problems(wanted.contact, played.contacts, ids)
    if as_json:
        _json(wanted, run, table, at, problems, played)
    else:
        _show(wanted, run, table, at, problems, played)
    return FAILED if problems else OK


def _text(file: Path) -> str:
    try:
        return file.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise JourneyError(f"{file}: cannot be read ({type(error).__name__})") from None


def _topic(plan: Plan, source: str | None) -> str:
    """The source to publish to: it must take events as they are, not records of a company's own."""
    bus = bus_of(plan)
    takes = [
        topic for topic, types in bus.topics.items() if any(one.mapped is None for one in types)
    ]
    if source is not None and source not in takes:
        raise JourneyError(f"--source {source}: takes no events as they are; these do: {takes}")
    if not takes:
        raise JourneyError("no source of the plan takes events as they are; add one for QA")
    return source or takes[0]


def _identifiers(who: Profile) -> list[Any]:
    email = who.traits.get("email")
    known = [who.userId, who.anonymousId, email]
    return [one for one in (*known, str(email).lower() if email else None) if one]


def _show(
    journey: Journey,
    run: str,
    table: list[Row],
    at: list[At] | None,
    problems: list[str],
    played: Played,
) -> None:
    console = Console()
    console = console if console.is_terminal else Console(width=WIDTH)
    shown = Table(title=f"{journey.name}, run {run}, {played.took:.1f} s")
    for column in ("step", "event", "expected", "found", "after", "status", ""):
        shown.add_column(column)
    for one in table:
        after = "" if one.seconds is None else f"{one.seconds:.2f} s"
        status = "" if one.status is None else str(one.status)
        cells = (one.expected or one.action, one.found, after, status, one.verdict)
        shown.add_row(str(one.step), one.title, *cells)
    console.print(shown)
    if at is not None:
        said = ", ".join(f"{one.action} after {one.seconds:.2f} s" for one in at)
        console.print(f"at Cordial, in this order: {said or 'nothing'}", soft_wrap=True)
    if played.contacts is None and journey.contact != InTheEnd():
        console.print("note: what the contact has in the end is looked at in the sandbox alone")
    for problem in problems:
        console.print(f"problem: {problem}", soft_wrap=True, highlight=False, markup=False)
    if not problems:
        console.print("all is as it was expected")


def _json(
    journey: Journey,
    run: str,
    table: list[Row],
    at: list[At] | None,
    problems: list[str],
    played: Played,
) -> None:
    shown = {
        "journey": journey.name,
        "run": run,
        "ok": not problems,
        "seconds": round(played.took, 3),
        "rows": [asdict(one) for one in table],
        "cordial": None if at is None else [asdict(one) for one in at],
        "problems": problems,
    }
    print(json.dumps(shown))
