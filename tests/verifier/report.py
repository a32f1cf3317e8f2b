"""The account of a run: findings by kind, and one word. Pure.

| finding       | meaning                                                                        |
|---------------|--------------------------------------------------------------------------------|
| lost          | an event's command was never accepted, or its dead letter is missing: `LESS`   |
| more          | Cordial accepted what nobody asked for: `MORE`                                 |
| doubled       | a state of an order accepted twice, and no receipt names it in doubt: `MORE`   |
| reordered     | of one lane, a command first accepted after a later one                        |
| older last    | of one lane, the last thing accepted is not the newest accepted                |
| receipts      | receipts say something else than what was counted                              |
| dead letters  | a dead letter of something that should not have died                           |
| ignored       | accepted and then ignored by Cordial                                           |

A lane is a contact, or with `order: action` a contact and an action and what undoes it.
Told, and no findings: `in doubt`, an order accepted again and named; `late`, what only the new
plan wants, accepted after what was sent of a later event before the change.
Commands other than orders may be accepted again; that is counted and is no finding.
"""

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Literal

from tests.verifier.facts import RANKS, Expected, Key, Place


@dataclass(slots=True)
class Command:
    """What one event must make, wherever the event was published."""

    key: Key
    expected: Expected
    first: Place
    copies: list[Place] = field(default_factory=list)

    @property
    def position(self) -> tuple[int, int, int]:
        """Its place in the order of its contact's commands."""
        return (self.first.partition, self.first.offset, RANKS[self.key[0]])

    @property
    def places(self) -> list[Place]:
        """Where its event was published: first, and again."""
        return [self.first, *self.copies]

    def __str__(self) -> str:
        action, contact, mark = self.key
        return f"{action} {mark} of {contact} ({self.first})"


@dataclass(slots=True)
class Row:
    """The counts of one action: by the manifest, by the journal, by the receipts."""

    expected: int = 0
    accepted: int = 0
    repeated: int = 0
    delivered: int = 0
    suppressed: int = 0
    dead_lettered: int = 0


@dataclass(slots=True)
class Report:
    """The account of a run."""

    lost: list[str] = field(default_factory=list)
    more: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    reordered: list[str] = field(default_factory=list)
    older_last: list[str] = field(default_factory=list)
    receipts: list[str] = field(default_factory=list)
    dead_letters: list[str] = field(default_factory=list)
    ignored: list[str] = field(default_factory=list)
    in_doubt: list[str] = field(default_factory=list)
    late: list[str] = field(default_factory=list)
    rows: dict[str, Row] = field(default_factory=lambda: defaultdict(Row))
    published: int = 0
    requests: int = 0

    @property
    def verdict(self) -> Literal["ALL", "MORE", "LESS"]:
        """The one word."""
        if self.lost:
            return "LESS"
        return "MORE" if self.more or self.doubled else "ALL"

    @property
    def violations(self) -> dict[str, list[str]]:
        """Everything that must be empty, by its name."""
        return {
            "lost": self.lost,
            "more": self.more,
            "orders doubled": self.doubled,
            "reordered": self.reordered,
            "older last": self.older_last,
            "receipts": self.receipts,
            "dead letters": self.dead_letters,
            "ignored": self.ignored,
        }

    @property
    def kept(self) -> bool:
        """Whether every guarantee was kept."""
        return not any(self.violations.values())
