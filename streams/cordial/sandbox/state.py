"""What Cordial would know after the requests it accepted: contacts, lists, carts, orders.

Pure of HTTP. A request is accepted first and processed afterwards, as Cordial's queue does; what
processing would drop is named `ignored`, with the reason.
"""

import re
from collections import deque
from collections.abc import Mapping
from typing import Any

from streams.cordial.sandbox.attributes import dropped
from streams.cordial.sandbox.contacts import Contact, Contacts
from streams.cordial.sandbox.rules import problems

KEPT = 10_000
SUBSCRIPTION = re.compile(r"channels\.[^.]+\.subscribeStatus")


class State:
    """The account."""

    def __init__(self, attributes: dict[str, dict[str, Any]] | None = None) -> None:
        self.attributes = attributes
        self._contacts = Contacts()
        self.orders: dict[str, dict[str, Any]] = {}
        self.activities: deque[dict[str, Any]] = deque(maxlen=KEPT)
        self.lists: dict[str, int] = {}
        self.products: dict[str, dict[str, Any]] = {}
        self.supplements: dict[str, dict[str, Any]] = {}

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
        try:
            ignored = handlers[action](body)
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            ignored = f"a value is of a kind that nobody documents ({type(error).__name__})"
        return "ok" if ignored is None else f"ignored: {ignored}"

    @property
    def contacts(self) -> list[Contact]:
        """Every contact."""
        return self._contacts.all

    def _upsert_contact(self, body: Mapping[str, Any]) -> str | None:
        contact = self._contacts.of(body)
        if contact is None:
            return "nothing identifies the contact"
        refused = self._contacts.change(contact, body)
        if refused is not None:
            return refused
        forced = body.get("forceSubscribe") is True
        ignored = None
        said, known = body.get("attributes", {}), self.attributes
        gone = {} if known is None else dict(dropped(said, known, self.lists))
        for key, value in said.items():
            if key in gone:
                continue
            if key in self.lists and isinstance(value, bool):
                (contact.lists.add if value else contact.lists.discard)(key)
            elif SUBSCRIPTION.fullmatch(key) and not _may_become(contact, key, value, forced):
                ignored = f"{key} leaves {contact.attributes.get(key)} by forceSubscribe alone"
            else:
                _set(contact.attributes, key, value)
        return ignored or ", ".join(gone.values()) or None

    def _create_activities(self, body: Mapping[str, Any]) -> str | None:
        block = body["contact"]
        contact = self._contacts.of(block, create=bool(block.get("canBeCreated", False)))
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
            contact = self._contacts.of({**block, "identifiers": identifiers})
            if contact is None:
                return "nothing identifies one of the contacts"
            change(contact)
        return None

    def _upsert_order(self, body: Mapping[str, Any]) -> str | None:
        contact = self._contacts.of(body["contact"])
        if contact is None:
            return "nothing identifies the contact"
        self.orders[body["orderID"]] = dict(body)
        if body.get("removeItemsFromCart", True):
            for item in body["items"]:
                contact.cart.pop((item["productID"], item["sku"]), None)
        return None

    def _upsert_supplements(self, body: Mapping[str, Any]) -> str | None:
        if self._contacts.of(body["contact"]) is None:
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
        contact = self._contacts.of(body["contact"])
        if contact is None:
            return "nothing identifies the contact"
        for item in body["items"]:
            key = (item["productID"], item["sku"])
            contact.cart[key] = contact.cart.get(key, 0) + item["qty"]
        return None

    def _remove_from_cart(self, body: Mapping[str, Any]) -> str | None:
        contact = self._contacts.of(body["contact"])
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
        kept = self._contacts.of({"identifiers": {key: body["segmentId"]}})
        gone = self._contacts.by(key, str(body["previousId"]))
        if kept is not None and gone is not None and gone is not kept:
            self._contacts.merge(gone, into=kept)
        return None

    def _upsert_product(self, body: Mapping[str, Any]) -> str | None:
        self.products[body["productID"]] = dict(body)
        return None


def _may_become(contact: Contact, key: str, status: Any, forced: bool) -> bool:
    """Whether a subscription status may follow the one that the contact has."""
    return forced or contact.attributes.get(key) != "unsubscribed" or status == "unsubscribed"


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
