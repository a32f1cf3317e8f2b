"""Which contact claimed an identifier last, as far as one worker has seen: to count conflicts.

Hashes of this process alone are kept, of the newest `MOST` identifiers. Pure but for that memory.
"""

from collections import OrderedDict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from streams.core.learning import Learned

MOST = 100_000


@dataclass(slots=True)
class Claims:
    """`names` are the names of identifiers in the plan by the account's keys."""

    names: Mapping[str, str]
    most: int = MOST
    _last: OrderedDict[int, int] = field(default_factory=OrderedDict)

    def conflicts(self, learned: Iterable[Learned]) -> list[str]:
        """The names of what was learned of a contact and is known to be another's."""
        found = []
        for one in learned:
            said = one.said.identifiers if one.table == "identities" else {}
            for key, value in said.items():
                if key in self.names and self._is_anothers(hash((key, value)), hash(one.key)):
                    found.append(self.names[key])
        return found

    def _is_anothers(self, claim: int, contact: int) -> bool:
        before = self._last.pop(claim, contact)
        self._last[claim] = contact
        if len(self._last) > self.most:
            self._last.popitem(last=False)
        return before != contact
