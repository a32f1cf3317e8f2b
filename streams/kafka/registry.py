"""Where a writer's schema comes from: a schema registry, or our own files.

The three answers call for three things: `Found` is used, `UnknownSchema` makes a dead letter,
`RegistryAway` makes the caller wait. Only the registry's own word that it does not know the schema
(404 with code 40403) counts as unknown: a proxy's 404, a rejected password or a timeout must never
turn a day of events into dead letters.
"""

import asyncio
from dataclasses import dataclass
from typing import Any, Protocol
from uuid import UUID

from confluent_kafka.schema_registry import AsyncSchemaRegistryClient, SchemaRegistryError

from streams.kafka.registry_client import Clients, TooLongError
from streams.kafka.schemas import own_schemas
from streams.settings import RegistrySettings

SUBJECT_NOT_FOUND, VERSION_NOT_FOUND, SCHEMA_NOT_FOUND = 40401, 40402, 40403
TIMEOUT = 5.0
REFERENCES_MOST = 100
"""Schemas that one may refer to, and they to others."""

SchemaRef = int | UUID
"""An id of the registry, or a GUID as it travels in headers."""


@dataclass(frozen=True, slots=True)
class Found:
    """A schema's texts: those it refers to first, itself last."""

    texts: tuple[str, ...]
    kind: str = "AVRO"


@dataclass(frozen=True, slots=True)
class UnknownSchema:
    """The registry answers and knows no such schema, or no such subject."""

    ref: SchemaRef | str


@dataclass(frozen=True, slots=True)
class RegistryAway:
    """The registry gives no answer that can be used; `why` names what is wrong with it."""

    why: str


Lookup = Found | UnknownSchema | RegistryAway


class Registry(Protocol):
    """What the codec asks of a registry."""

    async def lookup(self, ref: SchemaRef) -> Lookup:
        """The schema of an id or GUID."""

    async def latest(self, subject: str) -> Lookup:
        """The newest schema of a subject."""

    async def close(self) -> None:
        """Let connections go."""


class EmbeddedRegistry:
    """Our own schemas by id and GUID; nothing else is known."""

    def __init__(self) -> None:
        schemas = own_schemas().values()
        self._texts: dict[SchemaRef, str] = {schema.id: schema.text for schema in schemas}
        self._texts |= {schema.guid: schema.text for schema in schemas}

    async def lookup(self, ref: SchemaRef) -> Lookup:
        """The schema of an id or GUID."""
        text = self._texts.get(ref)
        return UnknownSchema(ref) if text is None else Found((text,))

    async def latest(self, subject: str) -> Lookup:
        """There are no subjects."""
        return UnknownSchema(subject)

    async def close(self) -> None:
        """Nothing to let go."""


class ConfluentRegistry:
    """A Confluent-compatible registry over HTTP. Whoever asks retries: it waits for no one."""

    def __init__(self, clients: Clients, deadline: float) -> None:
        self._clients = clients
        self._deadline = deadline

    async def lookup(self, ref: SchemaRef) -> Lookup:
        """The schema of an id or GUID, with all that it refers to."""
        return await self._found(ref)

    async def latest(self, subject: str) -> Lookup:
        """The newest schema of a subject, with all that it refers to."""
        return await self._found(subject)

    async def _found(self, ref: SchemaRef | str) -> Lookup:
        try:
            async with asyncio.timeout(self._deadline):
                client = await self._clients.client()
                schema = await _asked(client, ref)
                texts = [*await _references(client, schema, set()), str(schema.schema_str)]
        except SchemaRegistryError as error:
            return _refused(ref, error)
        except Exception as error:  # noqa: BLE001 - whatever the HTTP stack raises: no answer
            return RegistryAway(f"no usable answer: {type(error).__name__}")
        return Found(tuple(texts), str(schema.schema_type or "AVRO"))

    async def close(self) -> None:
        """Close the connections."""
        await self._clients.close()


async def _asked(client: AsyncSchemaRegistryClient, ref: SchemaRef | str) -> Any:
    if isinstance(ref, int):
        return await client.get_schema(ref)
    if isinstance(ref, UUID):
        return await client.get_schema_by_guid(str(ref))
    return (await client.get_latest_version(ref)).schema


async def _references(
    client: AsyncSchemaRegistryClient, schema: Any, visited: set[tuple[str, int]]
) -> list[str]:
    texts: list[str] = []
    for reference in schema.references or ():
        place = (str(reference.subject), int(reference.version))
        if place in visited:
            continue
        visited.add(place)
        if len(visited) > REFERENCES_MOST:
            raise TooLongError
        found = (await client.get_version(*place)).schema
        texts += [*await _references(client, found, visited), str(found.schema_str)]
    return texts


def _refused(ref: SchemaRef | str, error: SchemaRegistryError) -> Lookup:
    status = error.http_status_code
    of_subject = (SUBJECT_NOT_FOUND, VERSION_NOT_FOUND)
    unknown = of_subject if isinstance(ref, str) else (SCHEMA_NOT_FOUND,)
    if status == 404 and error.error_code in unknown:
        return UnknownSchema(ref)
    if status in (401, 403):
        return RegistryAway(f"it rejects our credentials (HTTP {status})")
    return RegistryAway(f"HTTP {status}, code {error.error_code}")


def open_registry(settings: RegistrySettings, *, timeout: float = TIMEOUT) -> Registry:
    """The registry that the settings name; ours where they name none. `timeout` is in seconds."""
    if settings.url is None:
        return EmbeddedRegistry()
    return ConfluentRegistry(Clients(settings, timeout), deadline=2 * timeout + 1)
