"""upsertContact: create or update the contact with the traits of an identify."""

from streams.actions.declaration import Action
from streams.core.joining import Join

UPSERT_CONTACT = Action(
    name="upsertContact",
    title="Upsert Contact",
    rank="contact",
    identity="top",
    trigger='type = "identify"',
    mapping={"attributes": {"fn": "properties", "of": "attributes"}},
    required=(("identifiers", "object"), ("identifiersPriority", "list")),
    optional=(("attributes", "object"),),
    sources={"attributes": "traits"},
    join=Join(("attributes",)),
    overwrites=True,
)
