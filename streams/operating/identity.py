"""`identity report`: how good the identifiers of contacts are, from what the topics hold.

Reads the changelog of the table identities and the receipts, all partitions, and keeps nothing:
no group, no offset. Contacts are shown as hashes, values never.
"""

import asyncio
import json
import secrets
from functools import partial
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from streams.core.identity_health import IdentityHealth, Tally
from streams.exits import OK
from streams.kafka.codec import Codec
from streams.kafka.learned_rows import decode_row
from streams.kafka.names import names_of
from streams.kafka.reading import read_topic
from streams.logs.contact_hash import contact_hash
from streams.operating.exits import told
from streams.operating.strange import readable
from streams.plan import compile_plan, load_plan
from streams.settings import Settings, account_keys, load

SHOWN = 20
"""Conflicts of an identifier that people are shown; `--json` has all."""


@told
def run_identity_report(plan: Path | None, *, as_json: bool) -> int:
    """The `identity report` command."""
    settings = load()
    compiled = compile_plan(load_plan(plan), account_keys(settings))
    health = asyncio.run(_health(settings, Tally(compiled.sought)))
    secret = settings.contact_secret.get_secret_value()
    document = as_document(health, secret or secrets.token_hex(16))
    if as_json:
        print(json.dumps(document))
    else:
        _show(document, comparable=bool(secret))
    return OK


async def _health(settings: Settings, tally: Tally) -> IdentityHealth:
    names = names_of(settings)
    async for record in read_topic(settings, names.changelog("identities")):
        row = None if record.value is None else decode_row("identities", record.value)
        tally.row(record.partition, record.key.decode(errors="replace"), row)
    records = read_topic(settings, names.receipts)
    async for receipt in readable(records, Codec().decode_receipt):
        tally.receipt(receipt)
    return tally.health()


def as_document(health: IdentityHealth, secret: str) -> dict[str, Any]:
    """The report without a value, its contacts as keyed hashes."""
    hashed = partial(contact_hash, secret=secret)
    return {
        "contacts": health.contacts,
        "unidentified": health.unidentified,
        "split": health.split,
        "identifiers": [
            {
                "identifier": one.name,
                "contacts": one.contacts,
                "share": round(one.share, 4),
                "missing": one.missing,
                "invalid": one.invalid,
                "conflicts": [[hashed(contact) for contact in who] for who in one.conflicts],
            }
            for one in health.identifiers
        ],
    }


def _show(document: dict[str, Any], *, comparable: bool) -> None:
    console = Console()
    table = Table(box=None)
    for column in ("identifier", "contacts", "share", "missing", "invalid", "conflicts"):
        table.add_column(column, justify="left" if column == "identifier" else "right")
    for one in document["identifiers"]:
        cells = (one["contacts"], f"{one['share']:.1%}", one["missing"], one["invalid"])
        table.add_row(one["identifier"], *map(str, cells), str(len(one["conflicts"])))
    console.print(table)
    print(f"{document['contacts']} contacts, {document['unidentified']} that nothing identifies")
    if document["split"]:
        print(f"{document['split']} have events on several partitions: their order is not kept")
    for one in document["identifiers"]:
        for who in one["conflicts"][:SHOWN]:
            print(f"{one['identifier']}: {', '.join(who)} claim the same")
        if len(one["conflicts"]) > SHOWN:
            print(f"{one['identifier']}: {len(one['conflicts']) - SHOWN} more, see --json")
    if not comparable and any(one["conflicts"] for one in document["identifiers"]):
        print("set CORDIAL_STREAMS_CONTACT_SECRET to find these hashes in the logs")
