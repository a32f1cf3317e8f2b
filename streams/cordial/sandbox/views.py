"""What the sandbox shows of what it holds, under `/_sandbox/`."""

from collections.abc import Callable
from typing import Any

from streams.cordial.sandbox.state import State


def views(state: State) -> dict[str, Callable[[], Any]]:
    """The pages by their paths."""
    return {
        "/_sandbox/contacts": lambda: [_shown(one) for one in state.contacts],
        "/_sandbox/carts": lambda: [_cart(one) for one in state.contacts if one.cart],
        "/_sandbox/lists": lambda: _lists(state),
        "/_sandbox/orders": lambda: state.orders,
        "/_sandbox/activities": lambda: list(state.activities)[-1000:],
        "/_sandbox/supplements": lambda: state.supplements,
        "/_sandbox/attributes": lambda: state.attributes,
    }


def stats(state: State) -> dict[str, int]:
    """How much it holds."""
    return {
        "contacts": len(state.contacts),
        "orders": len(state.orders),
        "activities": len(state.activities),
        "lists": len(state.lists),
    }


def _lists(state: State) -> dict[str, int]:
    """Each list with its members."""
    return {name: sum(name in one.lists for one in state.contacts) for name in state.lists}


def _shown(contact: Any) -> dict[str, Any]:
    return {
        "identifiers": contact.identifiers,
        "attributes": contact.attributes,
        "lists": sorted(contact.lists),
    }


def _cart(contact: Any) -> dict[str, Any]:
    items = [{"productID": p, "sku": s, "qty": qty} for (p, s), qty in contact.cart.items()]
    return {"identifiers": contact.identifiers, "items": items}
