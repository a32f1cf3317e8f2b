"""How good the identifiers of contacts are: who has which, what cannot be used, who shares one.

Counts and contacts, never a value: of each value only a hash is kept while counting. Pure.
"""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import blake2b

from streams.core.identities import Row
from streams.core.identity import NOT_USABLE, Sought
from streams.core.outcome import Dead
from streams.core.records import Receipt


@dataclass(frozen=True, slots=True)
class IdentifierHealth:
    """One identifier: how many contacts have it, how often it could not be used, who shares one.

    `invalid` counts events, `conflicts` are the contacts that claim one value, for each value that
    several claim.
    """

    name: str
    contacts: int
    missing: int
    share: float
    invalid: int
    conflicts: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class IdentityHealth:
    """All contacts. `unidentified` are those whose commands died because nothing identifies them;
    `split` those whose events stand on several partitions, between which there is no order."""

    contacts: int
    unidentified: int
    split: int
    identifiers: tuple[IdentifierHealth, ...]


@dataclass(slots=True)
class Tally:
    """Counts, given the rows of the table identities and the receipts, in any order.

    Of several rows of a contact on one partition the last that is given counts.
    """

    sought: Sequence[Sought]
    _rows: dict[tuple[int, str], Row] = field(default_factory=dict)
    _died: set[str] = field(default_factory=set)
    _invalid: dict[str, set[bytes]] = field(default_factory=lambda: defaultdict(set))

    def row(self, partition: int, contact: str, row: Row | None) -> None:
        """A row, or with None that there is none any more."""
        if row is None:
            self._rows.pop((partition, contact), None)
        else:
            self._rows[partition, contact] = row

    def receipt(self, receipt: Receipt) -> None:
        """A receipt: one event's identifiers are counted once, however many commands it made."""
        if receipt.reason == Dead.UNIDENTIFIABLE and receipt.contact:
            self._died.add(receipt.contact)
        for note in receipt.notes:
            if note.what == NOT_USABLE:
                self._invalid[note.field].add(_hash(f"{receipt.source}{receipt.message_id}"))

    def health(self) -> IdentityHealth:
        """What came together."""
        places = Counter(contact for _, contact in self._rows)
        unidentified = self._died - places.keys()
        whole = len(places) + len(unidentified)
        return IdentityHealth(
            contacts=whole,
            unidentified=len(unidentified),
            split=sum(count > 1 for count in places.values()),
            identifiers=tuple(self._of(one, whole) for one in self.sought),
        )

    def _of(self, one: Sought, whole: int) -> IdentifierHealth:
        claims: dict[bytes, set[str]] = defaultdict(set)
        for (_, contact), row in self._rows.items():
            if one.key in row:
                claims[_hash(row[one.key].value)].add(contact)
        having = len(set().union(*claims.values())) if claims else 0
        invalid: set[bytes] = set().union(*(self._invalid[at] for at in one.places))
        return IdentifierHealth(
            name=one.name,
            contacts=having,
            missing=whole - having,
            share=having / whole if whole else 0.0,
            invalid=len(invalid),
            conflicts=tuple(sorted(tuple(sorted(who)) for who in claims.values() if len(who) > 1)),
        )


def _hash(text: str) -> bytes:
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=12).digest()
