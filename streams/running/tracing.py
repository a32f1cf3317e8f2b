"""Whether the parts of a worker make spans: as they are where nothing asks for them."""

import asyncio
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from streams import __version__
from streams.cordial.endpoint import Endpoint
from streams.kafka.forwarding import Make
from streams.kafka.reports import Told
from streams.kafka.router import Router
from streams.kafka.sink import Post
from streams.settings import Settings
from streams.telemetry import TelemetryError, configured


class Tracing(Protocol):
    """Each gives what it is given, or the same with spans."""

    def router(self, **parts: Any) -> Router:
        """A router of these parts."""

    def copies(self, make: Make) -> Make:
        """What copies the records of sources."""

    def post(self, post: Post) -> Post:
        """What sends requests."""

    def told(self, told: Told) -> Told:
        """What is told of outcomes."""

    async def close(self) -> None:
        """Send what waits, for a moment."""


class Untraced:
    """Traces are off: no step is taken for them."""

    def router(self, **parts: Any) -> Router:
        """The router itself."""
        return Router(**parts)

    def copies(self, make: Make) -> Make:
        """The same."""
        return make

    def post(self, post: Post) -> Post:
        """The same."""
        return post

    def told(self, told: Told) -> Told:
        """The same."""
        return told

    async def close(self) -> None:
        """Nothing waits."""
        await asyncio.sleep(0)


def open_tracing(
    environment: Mapping[str, str],
    settings: Settings,
    account: Endpoint,
    hashed: Callable[[str], str],
) -> Tracing:
    """What the environment asks for. Raises `TelemetryError`."""
    if not configured(environment):
        return Untraced()
    from streams.kafka.traced import Traced  # with OpenTelemetry, which need not be installed
    from streams.telemetry.opening import open_spans

    try:
        spans = open_spans(settings.app_id, __version__)
    except ValueError as error:
        raise TelemetryError(f"OTEL_*: {error}") from error
    return Traced(spans, account.url, hashed)
