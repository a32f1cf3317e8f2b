"""Which commands of a contact keep their order: all of them, or those of one kind of action.

| `order`   | a lane is of                                                          |
|-----------|-----------------------------------------------------------------------|
| `contact` | a contact: its commands leave one after the other, across all actions |
| `action`  | a contact and an action of Cordial, whatever instance made it         |

Under `action` an action and the one that undoes it share a lane, as adding to a cart and removing
from it: what is left at Cordial goes by their order. Pure.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal, Protocol

from streams.core.action_names import INTO_CART, JOIN, LEAVE, OUT_OF_CART

Order = Literal["contact", "action"]
UNDOES: Mapping[str, str] = {
    LEAVE: JOIN,
    OUT_OF_CART: INTO_CART,
}


class Ordering(Protocol):
    """Names the lanes."""

    def lane(self, contact: str, action: str) -> str:
        """The lane of a command; `action` is its instance's name."""

    def lanes(self, contact: str) -> Iterable[str]:
        """Every lane that a command of the contact may stand in."""


class ByContact:
    """One lane for a contact."""

    def lane(self, contact: str, action: str) -> str:
        """The contact itself."""
        return contact

    def lanes(self, contact: str) -> Iterable[str]:
        """Its one lane."""
        return (contact,)


@dataclass(frozen=True, slots=True)
class ByAction:
    """A lane for a contact and an action; `actions` are Cordial's, by instance."""

    actions: Mapping[str, str]
    _kinds: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_kinds", tuple({self._kind(one): None for one in self.actions}))

    def lane(self, contact: str, action: str) -> str:
        """Contact and action; a name that is no instance's stands for itself."""
        return f"{contact}\0{self._kind(action)}"

    def lanes(self, contact: str) -> Iterable[str]:
        """One for each kind of action."""
        return (f"{contact}\0{kind}" for kind in self._kinds)

    def _kind(self, name: str) -> str:
        action = self.actions.get(name, name)
        return UNDOES.get(action, action)


def ordering(order: Order, actions: Mapping[str, str]) -> Ordering:
    """What the plan says; `actions` are Cordial's, by instance."""
    return ByAction(actions) if order == "action" else ByContact()
