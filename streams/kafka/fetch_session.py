"""Fetches that name what changed since the one before, as the broker remembers the rest.

A worker reads more than a hundred partitions, a dozen topics of eight. aiokafka names each in every
request, and the broker answers for each: 3 ms of CPU a fetch, and in a steady flow nearly every
record is a fetch. In a fetch session (Kafka 1.1, the Java client does the same) a request names
the partitions that were added, moved or left, and an answer those that have something to say.

Read at aiokafka 0.14.0, which asks for no session; `tests/broker/test_fetch_session.py` notices
when it changes. A broker without sessions, or with none to spare, is asked for everything.
"""

from collections.abc import Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field
from typing import Any

from aiokafka.protocol.fetch import FetchRequest

Place = tuple[str, int]
"""Topic and partition."""

FULL = 0
"""The epoch of a request that names everything, and makes a session."""
LAST_EPOCH = 2**31 - 1
SESSIONS_SINCE = 7
"""The version of the fetch request."""


@dataclass(frozen=True, slots=True)
class Ask:
    """What one request says of its session: who is new or moved, and who left."""

    session: int
    epoch: int
    named: Mapping[Place, Any]
    left: Sequence[Place]


@dataclass(slots=True)
class FetchSession:
    """What one broker remembers of what we read from it. One request is under way at a time."""

    number: int = 0
    epoch: int = FULL
    _known: Mapping[Place, Any] = field(default_factory=dict)

    def ask(self, wanted: Mapping[Place, Any]) -> Ask:
        """The request for these, each with what is asked of it, such as its offset."""
        known, self._known = self._known, wanted
        if self.epoch == FULL:
            return Ask(self.number, FULL, wanted, ())
        named = {place: what for place, what in wanted.items() if known.get(place) != what}
        return Ask(self.number, self.epoch, named, [one for one in known if one not in wanted])

    def answered(self, ask: Ask, session: int) -> None:
        """The broker's answer; `session` is 0 where it keeps none, or has let it go."""
        if ask.epoch == self.epoch:  # else it was renewed meanwhile
            self.number = session
            self.epoch = FULL if session == 0 else self.epoch % LAST_EPOCH + 1

    def renew(self) -> None:
        """Name everything in the next request; the broker closes the session for it."""
        self.epoch = FULL


class Asked:
    """A fetch request as it leaves; aiokafka asks it for the version that the broker speaks."""

    def __init__(self, request: FetchRequest, ask: Ask) -> None:
        self._request = request
        self._ask = ask

    def prepare(self, versions: Mapping[int, tuple[int, int]]) -> Any:
        """The request in the newest version of both."""
        short: Any = copy(self._request)
        short._topics = _by_topic(self._ask.named)
        made = short.prepare(versions)
        if made.API_VERSION < SESSIONS_SINCE:
            return self._request.prepare(versions)
        made.session_id, made.session_epoch = self._ask.session, self._ask.epoch
        left: dict[str, list[int]] = {}
        for topic, partition in self._ask.left:
            left.setdefault(topic, []).append(partition)
        made.forgotten_topics_data = list(left.items())
        return made


class SessionClient:
    """aiokafka's client as its fetcher sees it: fetches go in sessions, one per broker."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self._sessions: dict[int, FetchSession] = {}
        self.cluster = client.cluster

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)

    async def send(self, node_id: int, request: Any) -> Any:
        """As aiokafka's. Raises its errors."""
        if not isinstance(request, FetchRequest):
            return await self._client.send(node_id, request)
        session = self._sessions.setdefault(node_id, FetchSession())
        ask = session.ask(_places(request))
        try:
            response = await self._client.send(node_id, Asked(request, ask))
        except BaseException:
            session.renew()  # the broker may have taken it, or not
            raise
        if response.API_VERSION >= SESSIONS_SINCE:
            session.answered(ask, response.session_id)
        return response

    def renew(self) -> None:
        """There is a new assignment: be told of each partition again, also where nothing is new."""
        for session in self._sessions.values():
            session.renew()


def _places(request: FetchRequest) -> dict[Place, tuple[int, int]]:
    return {
        (topic, partition): (offset, most)
        for topic, partitions in request.topics
        for partition, offset, most in partitions
    }


def _by_topic(named: Mapping[Place, tuple[int, int]]) -> list[tuple[str, list[tuple[int, ...]]]]:
    topics: dict[str, list[tuple[int, ...]]] = {}
    for (topic, partition), (offset, most) in named.items():
        topics.setdefault(topic, []).append((partition, offset, most))
    return list(topics.items())
