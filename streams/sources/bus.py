"""What stands on the topics of the company's bus, as the plan says: which records, and what event
each is. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from streams.sources.mapped import Mapped


@dataclass(frozen=True, slots=True)
class RecordType:
    """Records of one name, or of any where it is None.

    Without `mapped` the record is the canonical event: it has its fields by their names.
    """

    name: str | None = None
    mapped: Mapped | None = None


CANONICAL = (RecordType(),)


@dataclass(frozen=True, slots=True)
class Bus:
    """The record types of every source, by topic.

    `only` is the one source whose topic is the keyed topic, where there is one: then every record
    is its own, whatever its headers say.
    """

    topics: Mapping[str, tuple[RecordType, ...]] = field(default_factory=dict)
    only: str | None = None

    def source(self, topic: str) -> str:
        """The source of a record that comes from this topic."""
        return self.only or topic

    def knows(self, topic: str) -> bool:
        """Whether records of this topic are a source's, as far as any are known."""
        return not self.topics or self.source(topic) in self.topics

    def types(self, topic: str) -> tuple[RecordType, ...]:
        """What is taken from a topic; one that is no source's holds canonical events."""
        return self.topics.get(self.source(topic), CANONICAL)


def type_of(types: tuple[RecordType, ...], name: str) -> RecordType | None:
    """The type of a record called `name`; None where it is of none of them."""
    otherwise = None
    for one in types:
        if one.name == name:
            return one
        if one.name is None:
            otherwise = one
    return otherwise
