"""Each schema that a registry is asked for is counted by what it answered."""

from uuid import UUID

import pytest
from prometheus_client import CollectorRegistry

from streams.kafka.registry import Found, Lookup, RegistryAway, SchemaRef, UnknownSchema
from streams.kafka.registry_counted import Counted
from streams.metrics import Metrics


class Answers:
    """A registry that says the same to whatever it is asked."""

    def __init__(self, answer: Lookup) -> None:
        self.answer = answer
        self.closed = False

    async def lookup(self, ref: SchemaRef) -> Lookup:
        return self.answer

    async def latest(self, subject: str) -> Lookup:
        return self.answer

    async def close(self) -> None:
        self.closed = True


@pytest.mark.parametrize(
    ("answer", "result"),
    [
        (Found(("{}",)), "found"),
        (UnknownSchema(7), "unknown"),
        (RegistryAway("HTTP 503"), "away"),
    ],
)
async def test_an_answer_is_counted_and_passed_on(answer: Lookup, result: str) -> None:
    shown = CollectorRegistry()
    registry = Counted(Answers(answer), Metrics(shown))
    assert await registry.lookup(UUID(int=7)) == answer
    assert await registry.latest("bus-value") == answer
    of = {"result": result}
    assert shown.get_sample_value("cordial_streams_schema_lookups_total", of) == 2


async def test_it_closes_what_it_counts() -> None:
    asked = Answers(UnknownSchema(7))
    await Counted(asked, Metrics(CollectorRegistry())).close()
    assert asked.closed
