"""A registry whose answers are counted: each is a schema that was not known yet."""

from dataclasses import dataclass

from streams.kafka.registry import Found, Lookup, Registry, SchemaRef, UnknownSchema
from streams.metrics import Metrics


@dataclass(frozen=True, slots=True)
class Counted:
    """Asks `registry`, and says to `metrics` what it was answered."""

    registry: Registry
    metrics: Metrics

    async def lookup(self, ref: SchemaRef) -> Lookup:
        """The schema of an id or GUID."""
        return self._counted(await self.registry.lookup(ref))

    async def latest(self, subject: str) -> Lookup:
        """The newest schema of a subject."""
        return self._counted(await self.registry.latest(subject))

    async def close(self) -> None:
        """Let connections go."""
        await self.registry.close()

    def _counted(self, answer: Lookup) -> Lookup:
        if isinstance(answer, Found):
            self.metrics.schema_lookup("found")
        else:
            unknown = isinstance(answer, UnknownSchema)
            self.metrics.schema_lookup("unknown" if unknown else "away")
        return answer
