"""The contacts of the account, found by any of their identifiers; each value is one contact's.

| a request says                                   | then                                      |
|--------------------------------------------------|-------------------------------------------|
| an identifier that nobody has                    | the contact has it, if it has no other    |
| an attribute that is an identifier               | it is changed, and found by the new value |
| a value that another contact has                 | they are merged where the request allows  |
|                                                  | it; else the value stays where it is      |

An identifier beside the one that finds the contact changes nothing: an attribute does.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

NAMES = {
    "phone": "channels.phone.address",
    "email": "channels.email.address",
}
"""What a key is called in priorities, and as an attribute."""


@dataclass(slots=True, eq=False)
class Contact:
    """One contact."""

    identifiers: dict[str, str]
    attributes: dict[str, Any] = field(default_factory=dict)
    cart: dict[tuple[str, str], int] = field(default_factory=dict)
    lists: set[str] = field(default_factory=set)


class Contacts:
    """All contacts."""

    def __init__(self) -> None:
        self.all: list[Contact] = []
        self._index: dict[tuple[str, str], Contact] = {}

    def find(self, block: Mapping[str, Any]) -> Contact | None:
        """The contact that the identifiers mean, tried in the order of their priority."""
        values = _identifiers(block)
        named = [_key(name) for name in (*block.get("identifiersPriority", ()), *values)]
        by_key = {_key(name): value for name, value in values.items()}
        found = (self._index.get((key, by_key[key])) for key in named if key in by_key)
        return next((one for one in found if one is not None), None)

    def of(self, block: Mapping[str, Any], *, create: bool = True) -> Contact | None:
        """The same; where there is none it is made, unless `create` is False."""
        values = _identifiers(block)
        if not values:
            return None
        contact = self.find(block)
        if contact is None:
            if not create:
                return None
            contact = Contact({})
            self.all.append(contact)
        for name, value in values.items():
            owner = self._index.get((_key(name), value))
            if owner is None and self._name(contact, name) is None:
                contact.identifiers[name] = value
                self._index[_key(name), value] = contact
            elif owner is not None and owner is not contact and _merges(block, name):
                self.merge(owner, into=contact)
        return contact

    def change(self, contact: Contact, body: Mapping[str, Any]) -> str | None:
        """Identifiers that the attributes of an update change; why it cannot be, else None."""
        attributes = body.get("attributes") or {}
        for name, value in attributes.items():
            held = self._name(contact, name)
            if held is None and _key(name) != NAMES["email"]:
                continue
            if not isinstance(value, str) or not value:
                continue
            owner = self._index.get((_key(name), value))
            if owner is not None and owner is not contact:
                if not _merges(body, name):
                    return f"{name} is another contact's"
                self.merge(owner, into=contact)
            self._forget(contact, held)
            contact.identifiers[held or name] = value
            self._index[_key(name), value] = contact
        return None

    def by(self, key: str, value: str) -> Contact | None:
        """The contact that has this identifier."""
        return self._index.get((_key(key), value))

    def merge(self, gone: Contact, *, into: Contact) -> None:
        """Two contacts become one, which is found by the identifiers of both."""
        into.attributes = {**gone.attributes, **into.attributes}
        into.lists |= gone.lists
        self.all.remove(gone)
        for key in [key for key, owner in self._index.items() if owner is gone]:
            self._index[key] = into
        for name, value in gone.identifiers.items():
            if self._name(into, name) is None:
                into.identifiers[name] = value

    def _forget(self, contact: Contact, name: str | None) -> None:
        if name is not None:
            self._index.pop((_key(name), contact.identifiers[name]), None)

    @staticmethod
    def _name(contact: Contact, name: str) -> str | None:
        """What the contact's identifiers call this one; None where it has none."""
        return next((one for one in contact.identifiers if _key(one) == _key(name)), None)


def _identifiers(block: Mapping[str, Any]) -> dict[str, str]:
    return {name: str(value) for name, value in block.get("identifiers", {}).items() if value}


def _key(name: str) -> str:
    return NAMES.get(name, name)


def _merges(block: Mapping[str, Any], name: str) -> bool:
    options = block.get("mergeOptions") or {}
    keys = {_key(str(key)) for key in options.get("mergeableSecondaryKeys") or ()}
    return options.get("mergeAllowed") is True and _key(name) in keys
