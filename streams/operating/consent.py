"""`consent show`: why a contact is subscribed, from what the topics hold.

Reads the changelog of the table consent and the receipts, all partitions, and keeps nothing: no
group, no offset.
"""

import asyncio
import json

from streams.core.consent import Consent
from streams.core.consent_audit import Attempt, attempts, document, lines
from streams.exits import OK
from streams.kafka.codec import Codec
from streams.kafka.learned_rows import decode_row
from streams.kafka.names import names_of
from streams.kafka.reading import read_topic
from streams.operating.exits import told
from streams.operating.strange import readable
from streams.settings import Settings, load


@told
def run_consent_show(contact: str, channel: str | None, *, as_json: bool) -> int:
    """The `consent show` command."""
    row, tried = asyncio.run(_known(load(), contact))
    answer = document(contact, row, tried, channel)
    if as_json:
        print(json.dumps(answer))
    else:
        for line in lines(answer):
            print(line)
    return OK


async def _known(settings: Settings, contact: str) -> tuple[Consent | None, list[Attempt]]:
    names = names_of(settings)
    key, row = contact.encode(), None
    async for record in read_topic(settings, names.changelog("consent")):
        if record.key == key:
            row = None if record.value is None else decode_row("consent", record.value)
    of_contact = (one async for one in read_topic(settings, names.receipts) if one.key == key)
    receipts = [receipt async for receipt in readable(of_contact, Codec().decode_receipt)]
    return row, attempts(receipts, contact)
