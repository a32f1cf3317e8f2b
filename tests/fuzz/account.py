"""What is sent, as the sandbox takes it, and what it knows then."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from streams.cordial.sandbox.attributes import known
from streams.cordial.sandbox.rules import problems
from streams.cordial.sandbox.state import State
from streams.core.compiled import CompiledPlan
from tests.fuzz.covered import Counts

FORCE = "forceSubscribe"
MAY_BE = ("the contact is unknown and canBeCreated is false", "the list is unknown")
OF_OTHERS = "is another contact's"
ADDRESSES = {
    "email": "email",
    "channels.email.address": "email",
    "phone": "phone",
    "channels.phone.address": "phone",
    "customer_number": "customer_number",
}
"""What an identifier is called, as one or as an attribute."""
BY_FORCE = "by forceSubscribe alone"
OF_ATTRIBUTES = "the attribute "


@dataclass(slots=True)
class Asked:
    """The account of a case. `mixed`: two contacts are one at Cordial, or may be."""

    plan: CompiledPlan
    account: dict[str, Any] | None
    counts: Counts
    state: State = field(init=False)
    mixed: bool = False
    _claimed: dict[tuple[str, str], str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.state = State(known((self.account or {}).get("attributes")))
        for name in (self.account or {}).get("lists", ()):
            self.state.lists[name] = 0

    def takes(
        self,
        instance: str,
        action: str,
        raw: bytes,
        contacts: list[str],
        *,
        forced: bool = False,
    ) -> None:
        """One request, as the bytes that leave; `contacts` are whose commands it is made of.

        `forced` by an operator, it goes with attributes that the account does not take.
        """
        body = orjson.loads(raw)
        found = list(problems(action, body))
        assert not found, (found, instance, body)
        self._claim(action, body, contacts)
        if FORCE in body:
            assert instance == "consent", f"{instance} says {FORCE}"
            assert all(name.startswith("channels.") for name in body["attributes"]), body
            self.counts["did", "forced to subscribe"] += 1
        said = self.state.process(action, body)
        known = next(
            (one for one in (*MAY_BE, OF_OTHERS, BY_FORCE, OF_ATTRIBUTES) if one in said), said
        )
        self.counts["cordial", known] += 1
        if said != "ok":
            assert forced or self._may_be(said), (said, instance, body)

    def _may_be(self, said: str) -> bool:
        if OF_OTHERS in said:
            self.mixed = True
        if BY_FORCE in said:
            return self.mixed or len(self.state.contacts) > len(set(self._claimed.values()))
        return OF_OTHERS in said or any(one in said for one in MAY_BE)

    def _claim(self, action: str, body: Mapping[str, Any], contacts: list[str]) -> None:
        """Notice where contacts are no longer apart."""
        self.mixed |= action == "mergeContacts"
        blocks = [body.get("contact", body)] if "contacts" not in body else []
        for block in blocks:
            said = {**block.get("identifiers", {}), **_addresses(block)}
            for name, value in said.items():
                owner = self._claimed.setdefault((_plain(name), str(value)), contacts[0])
                self.mixed |= owner != contacts[0]
        for identifiers, contact in zip(
            body.get("contacts", {}).get("identifiers", ()), contacts, strict=bool(not blocks)
        ):
            for name, value in identifiers.items():
                owner = self._claimed.setdefault((_plain(name), str(value)), contact)
                self.mixed |= owner != contact

    def knows(self) -> dict[str, Any]:
        """All that Cordial knows, whatever the order of contacts."""
        state = self.state
        contacts = sorted(
            repr(
                (sorted(one.identifiers.items()), sorted(one.attributes.items()), sorted(one.lists))
            )
            + repr(sorted(one.cart.items()))
            for one in state.contacts
        )
        activities: dict[str, list[Any]] = {}
        for one in state.activities:
            activities.setdefault(repr(sorted(one["contact"].items())), []).append(one)
        return {
            "contacts": contacts,
            "orders": state.orders,
            "products": state.products,
            "supplements": state.supplements,
            "activities": activities,
        }


def _plain(name: str) -> str:
    return ADDRESSES.get(name, name)


def _addresses(block: Mapping[str, Any]) -> dict[str, Any]:
    attributes = block.get("attributes")
    said = attributes if isinstance(attributes, dict) else {}
    return {name: value for name, value in said.items() if name in ADDRESSES}
