"""Records of our own topics that this release cannot read: they are left out, and it is said."""

import sys
from collections.abc import AsyncIterator, Callable
from typing import Any, TypeVar

from streams import __version__
from streams.kafka.codec import Undecodable

T = TypeVar("T")


async def readable(
    records: AsyncIterator[Any], decode: Callable[[bytes | None], T | Undecodable]
) -> AsyncIterator[T]:
    """What `decode` makes of the records; on standard error, how many it could not read."""
    left, topic = 0, ""
    async for record in records:
        decoded = decode(record.value)
        if isinstance(decoded, Undecodable):
            left, topic = left + 1, record.topic
        else:
            yield decoded
    if left:
        said = f"{left} of the records of {topic} are none that this release ({__version__}) knows"
        print(f"cordial-streams: {said}; they are left out", file=sys.stderr)
