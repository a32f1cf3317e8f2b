"""upsertSupplementRecords: records beside a contact. No event makes them by default."""

from streams.actions.declaration import Action
from streams.core.joining import Join

UPSERT_SUPPLEMENT_RECORDS = Action(
    name="upsertSupplementRecords",
    title="Upsert Supplement Records",
    rank="supplement",
    identity="contact",
    mapping={},
    required=(("contact.identifiers", "object"), ("supplement", "text"), ("records", "list")),
    join=Join(("records",), apart="id"),
)
