"""How many rows of each table the published events account for, at most. Pure.

`seen` is not among them: it forgets, so its rows must stop growing instead.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

from tests.verifier.facts import Expected, Published

OF_CONTACTS = {"profiles": "upsertContact", "memberships": "addContactsToList"}
"""Tables of one row for each contact of whom an action told something."""
NEVER = ("supplements", "held", "links", "parked", "consent")
"""What the plan of this run does not use."""


def most(manifest: Iterable[Published], workers: int) -> dict[str, int]:
    """The bound of each table over all workers; each of them may know each group."""
    orders: set[tuple[str, str]] = set()
    groups: set[str] = set()
    contacts: dict[str, set[str]] = defaultdict(set)
    for contact, wish in _wishes(manifest):
        contacts[wish.action].add(contact)
        if wish.action == "upsertOrder":  # told, or refused and remembered as that
            orders.add((contact, wish.mark.partition("/")[0]))
        elif wish.action == "addContactsToList":
            groups.add(wish.mark)
    return {
        "orders": len(orders),
        "groups": len(groups) * workers,
        "identities": len(set().union(*contacts.values())),
        **{table: len(contacts[action]) for table, action in OF_CONTACTS.items()},
        **dict.fromkeys(NEVER, 0),
    }


def beyond(rows: Mapping[str, int], bounds: Mapping[str, int]) -> list[str]:
    """The tables that have more rows than that, in words."""
    return [
        f"{table} has {rows[table]:,} rows, and the events account for {bound:,}"
        for table, bound in bounds.items()
        if rows.get(table, 0) > bound
    ]


def _wishes(manifest: Iterable[Published]) -> Iterator[tuple[str, Expected]]:
    for record in manifest:
        for wish in record.expect:
            if record.contact is not None and wish.outcome != "suppressed":
                yield record.contact, wish
