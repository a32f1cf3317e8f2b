"""What Cordial would know after the requests it accepted: contacts, lists, carts, orders.

Pure of HTTP. A request is accepted first and processed afterwards, as Cordial's queue does; what
processing would drop is named `ignored`, with the reason.
"""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from streams.cordial.sandbox.rules import problems

KEPT = 10_000
ALIASES = {"phone": "channels.phone.address"}


@dataclass(slots=True, eq=False)
class Contact:
    """One contact."""

    identifiers: dict[str, str]
    attributes: dict[str, Any] = field(default_factory=dict)
    cart: dict[tuple[str, str], int] = field(default_factory=dict)
    lists: set[str] = field(default_factory=set)


class State:
    """The account."""

    def __init__(self) -> None:
        self.contacts: list[Contact] = []
        self.orders: dict[str, dict[str, Any]] = {}
        self.activities: deque[dict[str, Any]] = deque(maxlen=KEPT)
        self.lists: dict[str, int] = {}
        self.products: dict[str, dict[str, Any]] = {}
        self.supplements: dict[str, dict[str, Any]] = {}
        self._index: dict[tuple[str, str], Contact] = {}

    def process(self, action: str, body: Mapping[str, Any]) -> str:
        """`ok`, or `ignored: ` and the reason."""
        for problem in problems(action, body):
            return f"ignored: {problem}"
        handlers = {
            "upsertContact": self._upsert_contact,
            "createContactactivities": self._create_activities,
            "addContactsToList": self._add_to_list,
            "removeContactsFromList": self._remove_from_list,
            "upsertOrder": self._upsert_order,
            "upsertSupplementRecords": self._upsert_supplements,
            "addProductsToCart": self._add_to_cart,
            "removeProductsFromCart": self._remove_from_cart,
            "mergeContacts": self._merge,
            "upsertProducts": self._upsert_product,
        }
        ignored = handlers[action](body)
        return "ok" if ignored is None else f"ignored: {ignored}"

    def find(self, block: Mapping[str, Any]) -> Contact | None:
        """The contact that the identifiers mean, tried in the order of their priority."""
        identifiers = block.get("identifiers", {})
        names = [*block.get("identifiersPriority", ()), *identifiers]
        for name in names:
            key = ALIASES.get(name, name) if name not in identifiers else name
            found = self._index.get((key, str(identifiers.get(key))))
            if found is not None:
                return found
        return None

    def _contact(self, block: Mapping[str, Any], *, create: bool = True) -> Contact | None:
        identifiers = {
            key: str(value) for key, value in block.get("identifiers", {}).items() if value
        }
        if not identifiers:
            return None
        found = self.find(block)
        if found is None:
            if not create:
                return None
            found = Contact({})
            self.contacts.append(found)
        for key, value in identifiers.items():
            found.identifiers[key] = value
            self._index[(key, value)] = found
        return found

    def _upsert_contact(self, body: Mapping[str, Any]) -> str | None:
        contact = self._contact(body)
        if contact is None:
            return "nothing identifies the contact"
        for key, value in body.get("attributes", {}).items():
            if key in self.lists and isinstance(value, bool):
                (contact.lists.add if value else contact.lists.discard)(key)
            else:
                _set(contact.attributes, key, value)
        return None

    def _create_activities(self, body: Mapping[str, Any]) -> str | None:
        block = body["contact"]
        contact = self._contact(block, create=bool(block.get("canBeCreated", False)))
        if contact is None:
            return "the contact is unknown and canBeCreated is false"
        for activity in body["contactActivities"]:
            self.activities.append({"contact": dict(contact.identifiers), **activity})
        return None

    def _add_to_list(self, body: Mapping[str, Any]) -> str | None:
        name = body["listName"]
        if name not in self.lists and not body.get("isAllowedToCreateLists", True):
            return "the list is unknown and may not be created"
        self.lists.setdefault(name, 0)
        return self._each_contact(body, lambda contact: contact.lists.add(name))

    def _remove_from_list(self, body: Mapping[str, Any]) -> str | None:
        name = body["identifyListBy"].get("name")
        if name is not None and name not in self.lists:
            return "the list is unknown"
        return self._each_contact(body, lambda contact: contact.lists.discard(name or ""))

    def _each_contact(self, body: Mapping[str, Any], change: Any) -> str | None:
        block = body["contacts"]
        for identifiers in block["identifiers"]:
            contact = self._contact({**block, "identifiers": identifiers})
            if contact is None:
                return "nothing identifies one of the contacts"
            change(contact)
        return None

    def _upsert_order(self, body: Mapping[str, Any]) -> str | None:
        contact = self._contact(body["contact"])
        if contact is None:
            return "nothing identifies the contact"
        self.orders[body["orderID"]] = dict(body)
        if body.get("removeItemsFromCart", True):
            for item in body["items"]:
                contact.cart.pop((item["productID"], item["sku"]), None)
        return None

    def _upsert_supplements(self, body: Mapping[str, Any]) -> str | None:
        if self._contact(body["contact"]) is None:
            return "nothing identifies the contact"
        dated = body.get("updatedDateField")
        for record in body["records"]:
            key = f"{body['supplement']}:{record['id']}"
            stored = self.supplements.get(key, {})
            newer = dated and str(stored.get(dated, "")) > str(record.get(dated, ""))
            if not newer:
                self.supplements[key] = {**stored, **record}
        return None

    def _add_to_cart(self, body: Mapping[str, Any]) -> str | None:
        contact = self._contact(body["contact"])
        if contact is None:
            return "nothing identifies the contact"
        for item in body["items"]:
            key = (item["productID"], item["sku"])
            contact.cart[key] = contact.cart.get(key, 0) + item["qty"]
        return None

    def _remove_from_cart(self, body: Mapping[str, Any]) -> str | None:
        contact = self._contact(body["contact"])
        if contact is None:
            return "nothing identifies the contact"
        for item in body["items"]:
            for key in [key for key in contact.cart if key[0] == item["productID"]]:
                contact.cart[key] -= item["qty"]
                if contact.cart[key] <= 0:
                    del contact.cart[key]
        return None

    def _merge(self, body: Mapping[str, Any]) -> str | None:
        key = body["segmentIdKey"]
        kept = self._contact({"identifiers": {key: body["segmentId"]}})
        gone = self._index.get((key, str(body["previousId"])))
        if kept is not None and gone is not None and gone is not kept:
            kept.attributes = {**gone.attributes, **kept.attributes}
            kept.lists |= gone.lists
            self.contacts.remove(gone)
            self._index.update(dict.fromkeys(list(gone.identifiers.items()), kept))
        return None

    def _upsert_product(self, body: Mapping[str, Any]) -> str | None:
        self.products[body["productID"]] = dict(body)
        return None


def _set(attributes: dict[str, Any], key: str, value: Any) -> None:
    """A null takes the value away; `{add, remove}` changes an array; all else replaces."""
    if value is None:
        attributes.pop(key, None)
    elif isinstance(value, dict) and value and value.keys() <= {"add", "remove"}:
        had = attributes.get(key)
        kept = [one for one in had if one not in value.get("remove", ())] if had else []
        attributes[key] = kept + [one for one in value.get("add", ()) if one not in kept]
    else:
        attributes[key] = value
