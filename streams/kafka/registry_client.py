"""The registry's client: bounded in bytes and time, and with the password as it stands now."""

from collections.abc import AsyncIterator, Callable
from typing import Any, Final

from confluent_kafka.schema_registry import AsyncSchemaRegistryClient

from streams.settings import RegistrySettings
from streams.settings.secret_file import SecretFileError

ANSWER_MOST: Final = 4 * 2**20
"""Bytes of an answer; the largest schema that Confluent's registry stores is 1 MiB."""


class TooLongError(Exception):
    """An answer has more than `ANSWER_MOST` bytes, or refers to more schemas than is sensible."""


class Clients:
    """Gives the client; a new one where the password has changed. `timeout` is in seconds."""

    def __init__(self, settings: RegistrySettings, timeout: float) -> None:
        self._settings = settings
        self._timeout = timeout
        self._password: str | None = None
        self._client: AsyncSchemaRegistryClient | None = None

    async def client(self) -> AsyncSchemaRegistryClient:
        """The client as the settings want it now."""
        password = self._password_now()
        if self._client is None or password != self._password:
            await self.close()
            self._client = self._opened(password)
            self._password = password
        return self._client

    async def close(self) -> None:
        """Close the connections."""
        client, self._client = self._client, None
        if client is not None:
            await client.aclose()

    def _password_now(self) -> str:
        """While its file cannot be read, the one before."""
        try:
            return self._settings.read_password()
        except SecretFileError:
            return self._password or ""

    def _opened(self, password: str) -> AsyncSchemaRegistryClient:
        settings = self._settings
        conf: dict[str, Any] = {"url": settings.url, "timeout": self._timeout, "max.retries": 0}
        if settings.username is not None:
            conf["basic.auth.user.info"] = f"{settings.username}:{password}"
        if settings.ca_file is not None:
            conf["ssl.ca.location"] = str(settings.ca_file)
        client = AsyncSchemaRegistryClient(conf)
        session: Any = client._rest_client.session
        session.follow_redirects = False  # the password is for the registry alone
        session.event_hooks = {"response": [_bounded]}
        return client


async def _bounded(response: Any) -> None:
    """Let no more of an answer be read than `ANSWER_MOST` bytes."""
    whole: Callable[..., AsyncIterator[bytes]] = response.aiter_bytes

    async def pieces(*args: Any) -> AsyncIterator[bytes]:
        left = ANSWER_MOST
        async for piece in whole(*args):
            left -= len(piece)
            if left < 0:
                raise TooLongError
            yield piece

    response.aiter_bytes = pieces
