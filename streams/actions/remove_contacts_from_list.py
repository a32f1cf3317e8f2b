"""removeContactsFromList: take the contact off a list. It has no default trigger."""

from streams.actions.declaration import Action
from streams.core.joining import Join

REMOVE_CONTACTS_FROM_LIST = Action(
    name="removeContactsFromList",
    title="Remove Contact from List",
    rank="list",
    identity="contacts",
    mapping={
        "identifyListBy": {
            "name": {"fn": "list_name", "of": "traits.name"},
            "segment_group_id": {"fn": "text", "of": "groupId"},
        }
    },
    required=(("contacts.identifiers", "list"), ("identifyListBy", "object")),
    optional=(
        ("identifyListBy.name", "list name"),
        ("identifyListBy.segment_group_id", "text"),
        ("listIdentifier", "list name"),
        ("listIdentifierKey", "text"),
    ),
    sources={"identifyListBy": "groupId"},
    join=Join(("contacts", "identifiers"), across_contacts=True),
)
