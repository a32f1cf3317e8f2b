"""`attributes check` and `attributes plan`: what a plan sends, beside what the account has."""

import asyncio
import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from streams.cordial.account_attributes import ask_account, read_catalogue
from streams.cordial.endpoint import EndpointError, endpoint
from streams.cordial.opening import open_client
from streams.core.attribute_use import Use, said, strangers, uses
from streams.core.catalogue import Catalogue, CatalogueError
from streams.exits import BAD_SETTINGS, DEPENDENCY_DOWN, FAILED, OK, USAGE, refused
from streams.plan import PlanError, compile_plan, load_plan
from streams.settings import Settings, account_keys, load
from streams.settings.errors import SettingsError
from streams.sources.unknown_fields import counted
from streams.tracing.event_files import InputError, events_of, reading_as, records_meant
from streams.tracing.telling import trace

ONLY_EVENTS = "traits of events decide which attributes go; name a file of events with --events"


def run_attributes(
    word: str,
    *,
    plan: Path | None,
    events: Sequence[str],
    file: Path | None,
    source: str | None = None,
    record: str | None = None,
    as_json: bool,
) -> int:
    """The `attributes` commands; the exit code. `source`: the events are records of it."""
    try:
        settings, loaded = load(), load_plan(plan)
        compiled = compile_plan(loaded, account_keys(settings))
        reading = reading_as(loaded, source, record)
        compiled = compiled.of_source(reading.source) if reading else compiled
        given = [event for name in events for event in events_of(name)]
        account = endpoint(settings.cordial.endpoint, allow=settings.cordial.allow_endpoint)
        known = file or settings.cordial.attributes_file
        catalogue = read_catalogue(known) if known else asyncio.run(_asked(settings, account))
    except (PlanError, SettingsError, EndpointError) as error:
        return refused(error, BAD_SETTINGS)
    except (InputError, CatalogueError) as error:
        return refused(error, USAGE)
    if catalogue is None:
        what = "the account does not tell its attributes; check key and endpoint, or name a --file"
        return refused(what, DEPENDENCY_DOWN)
    bare = replace(compiled, attributes=None)
    lines = trace(given, bare, time.time_ns() // 1_000_000, reading)
    found = uses(compiled.instances, lines, catalogue)
    identifiers = strangers(compiled, catalogue)
    if word == "check":
        code = _check(found, catalogue, identifiers, as_json=as_json)
    else:
        code = _plan(found, catalogue, identifiers, as_json=as_json)
    if not given and not as_json:
        print(f"note: {ONLY_EVENTS}")
    noted = records_meant(loaded, source) if given else []
    noted += counted(given) if reading is None or reading.canonical else []
    for note in [] if as_json else noted:
        print(f"note: {note}")
    return code


async def _asked(settings: Settings, account: Any) -> Catalogue | None:
    client = open_client(settings, account)
    try:
        answer = await ask_account(client)
    finally:
        await client.aclose()
    return None if answer is None else answer[0]


def _check(
    found: list[Use], catalogue: Catalogue, identifiers: Mapping[str, str], *, as_json: bool
) -> int:
    wrong = [use for use in found if use.problems]
    code = FAILED if wrong or identifiers else OK
    if as_json:
        shown = [_shown(one, catalogue) for one in found]
        said_of = {"ok": code == OK, "attributes": shown, "identifiers": dict(identifiers)}
        print(json.dumps(said_of))
        return code
    for key, why in identifiers.items():
        print(f"{key}: identifies contacts, and {why}: Cordial ignores it there")
    for use in wrong:
        what = " and ".join(said(problem) for problem in sorted(use.problems))
        print(f"{use.name}: {what} ({_where(use)})")
    sent = {use.name for use in found}
    for key, known in sorted(catalogue.attributes.items()):
        if known.unique and key in sent:
            print(f"note: {key}: is unique, so no two contacts may have one value")
        if known.required and key not in sent:
            print(f"note: {key}: is required at the account, and nothing sends it")
    total = _count(len(found), "attribute")
    print(f"{total}, {len(wrong)} that the account would not take as they are")
    return code


def _plan(
    found: list[Use], catalogue: Catalogue, identifiers: Mapping[str, str], *, as_json: bool
) -> int:
    """What to create, and which attributes to make unique: identifiers must be."""
    create = [use for use in found if "unknown" in use.problems and use.name not in identifiers]
    keys = [key for key in identifiers if key not in catalogue.attributes]
    make_unique = [key for key in identifiers if key in catalogue.attributes]
    if as_json:
        text = {"type": "string", "sure": True, "unique": True}
        made = [{"key": key, **text} for key in keys]
        made += [
            {"key": one.name, "type": one.kind, "sure": one.sure, "unique": False} for one in create
        ]
        print(json.dumps({"create": made, "make_unique": make_unique}))
        return OK
    for key in keys:
        print(f"create {key}: string, unique (identifies contacts)")
    for key in make_unique:
        print(f"make {key} unique (identifies contacts)")
    for use in create:
        doubt = "" if use.sure else ", if that is right: its values say it in no one way"
        print(f"create {use.name}: {use.kind}{doubt} ({_where(use)})")
    print(f"{_count(len(keys) + len(create), 'attribute')} to create")
    return OK


def _where(use: Use) -> str:
    actions = ", ".join(sorted(use.actions))
    return (
        f"{actions}, in {_count(use.events, 'request')}"
        if use.events
        else f"{actions}, by its mapping"
    )


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def _shown(use: Use, catalogue: Catalogue) -> dict[str, Any]:
    known = catalogue.attributes.get(use.name)
    return {
        "key": use.name,
        "actions": sorted(use.actions),
        "requests": use.events,
        "types": sorted(use.kinds),
        "problems": sorted(use.problems),
        "account": None if known is None else {"type": known.kind, "unique": known.unique},
    }
