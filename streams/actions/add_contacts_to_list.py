"""addContactsToList: put the contact on a list; Cordial makes a list that it does not know."""

from streams.actions.declaration import Action
from streams.core.joining import Join

ADD_CONTACTS_TO_LIST = Action(
    name="addContactsToList",
    title="Add Contact to List",
    rank="list",
    identity="contacts",
    trigger='type = "group"',
    mapping={
        "listName": {"fn": "list_name", "of": ["traits.name", "default_list_name"]},
        "isAllowedToCreateLists": {"const": True},
    },
    required=(("contacts.identifiers", "list"), ("listName", "text")),
    optional=(("listName", "list name"), ("isAllowedToCreateLists", "flag")),
    sources={"listName": "groupId"},
    join=Join(("contacts", "identifiers"), across_contacts=True),
)
