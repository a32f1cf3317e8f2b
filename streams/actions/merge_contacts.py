"""mergeContacts: two contacts become one. Only the destination API has it, with its own path."""

from streams.actions.declaration import Action

MERGE_CONTACTS = Action(
    name="mergeContacts",
    title="Merge Contacts",
    rank="merge",
    identity="merge",
    trigger='type = "alias"',
    mapping={"previousId": {"fn": "text", "of": "previousId"}},
    required=(("segmentIdKey", "text"), ("segmentId", "text"), ("previousId", "text")),
    sources={"segmentId": "userId", "segmentIdKey": "settings.segment_id_key"},
    path="/api/segment/mergeContacts",
)
