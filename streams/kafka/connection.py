"""How every Kafka client of ours reaches the broker: the one place that knows TLS and SASL.

Certificates, keys and passwords in files may be replaced while a client lives: the next
connection has the new ones. Read at aiokafka 0.14.0.
"""

import ssl
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import cache, wraps
from pathlib import Path
from typing import Any

from aiokafka.errors import KafkaConnectionError, KafkaError

from streams.settings import KafkaSettings
from streams.settings.secret_file import SecretFileError


class ConnectionSettingsError(ValueError):
    """A file or a secret that the protocol needs is missing or unreadable; says which."""


def client_options(settings: KafkaSettings) -> dict[str, Any]:
    """The keyword arguments that all aiokafka clients share.

    Raises `ConnectionSettingsError`.
    """
    options: dict[str, Any] = {
        "bootstrap_servers": [server.strip() for server in settings.bootstrap.split(",")],
        "security_protocol": settings.security,
    }
    if settings.security in ("SSL", "SASL_SSL"):
        options["ssl_context"] = _context(settings.ca_file, settings.cert_file, settings.key_file)
    if settings.security.startswith("SASL"):
        password = _password(settings)
        if settings.username is None or not password:
            raise ConnectionSettingsError(
                f"kafka.security is {settings.security}: set kafka.username and kafka.password "
                "or kafka.password_file"
            )
        options["sasl_mechanism"] = settings.sasl_mechanism
        options["sasl_plain_username"] = settings.username
        options["sasl_plain_password"] = password
    return options


def _password(settings: KafkaSettings) -> str:
    try:
        return settings.read_password()
    except SecretFileError as error:
        raise ConnectionSettingsError(
            f"kafka.password_file: {settings.password_file} {error.strerror}"
        ) from error


def outlast(client: Any, settings: KafkaSettings) -> None:
    """Let an aiokafka client that works for long survive a new password and a lost connection."""
    _keep_fresh(client, settings)
    _tell_loss(client)


def _keep_fresh(client: Any, settings: KafkaSettings) -> None:
    """Let it take the password as it stands whenever it connects."""
    if settings.password_file is None:
        return
    connect: Callable[..., Awaitable[Any]] = client._get_conn

    async def connected(*args: Any, **kwargs: Any) -> Any:
        with suppress(SecretFileError):
            client._sasl_plain_password = settings.read_password() or client._sasl_plain_password
        return await connect(*args, **kwargs)

    client._get_conn = connected


def _tell_loss(client: Any) -> None:
    """Let it say of a connection that is lost between look and write that it is.

    asyncio takes such a write and says nothing; uvloop raises `RuntimeError`, which aiokafka does
    not expect: it would end the fetcher, the producer's sender, or for good and without a word the
    task that asks for metadata.
    """
    connect: Callable[..., Awaitable[Any]] = client._get_conn

    async def connected(*args: Any, **kwargs: Any) -> Any:
        connection = await connect(*args, **kwargs)
        if connection is not None and not hasattr(connection.send, "__wrapped__"):
            connection.send = _telling(connection.send)
        return connection

    client._get_conn = connected


def _telling(send: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(send)
    def sent(*args: Any, **kwargs: Any) -> Any:
        try:
            return send(*args, **kwargs)
        except KafkaError:  # is a RuntimeError, too
            raise
        except RuntimeError as error:
            raise KafkaConnectionError(f"Connection lost: {error}") from error

    return sent


class _Context(ssl.SSLContext):
    """A client's context that looks for new files before each handshake."""

    files: tuple[Path | None, Path | None, Path | None] = (None, None, None)
    _look: tuple[tuple[int, int] | None, ...] = ()

    def wrap_bio(self, *args: Any, **kwargs: Any) -> ssl.SSLObject:
        """Begin a handshake; files that cannot be used leave those that could."""
        if self._look != self._seen():
            with suppress(ConnectionSettingsError):
                self.load()
        return super().wrap_bio(*args, **kwargs)

    def _seen(self) -> tuple[tuple[int, int] | None, ...]:
        return tuple(_seen(file) for file in self.files)

    def load(self) -> None:
        """Read the files. Raises `ConnectionSettingsError`."""
        self._look = self._seen()
        # On trial first: a context drops its certificate before it looks at the new one's key.
        _fill(ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT), *self.files)
        _fill(self, *self.files)


def _fill(context: ssl.SSLContext, ca: Path | None, cert: Path | None, key: Path | None) -> None:
    if ca is not None:
        _from_file("ca_file", ca, lambda: context.load_verify_locations(str(ca)))
    if key is not None and cert is None:
        raise ConnectionSettingsError("kafka.key_file is set and kafka.cert_file is not")
    if cert is not None:
        # What does not fit together is told of the certificate, the first that is read.
        second = None if key is None else str(_readable("key_file", key))
        _from_file("cert_file", cert, lambda: context.load_cert_chain(str(cert), second, _no_word))


def _seen(file: Path | None) -> tuple[int, int] | None:
    if file is None:
        return None
    with suppress(OSError):
        found = file.stat()
        return found.st_mtime_ns, found.st_ino
    return None


@cache
def _context(ca: Path | None, cert: Path | None, key: Path | None) -> ssl.SSLContext:
    context = _Context(ssl.PROTOCOL_TLS_CLIENT)
    context.load_default_certs()
    context.files = (ca, cert, key)
    context.load()
    return context


def _from_file(setting: str, file: Path, load: Callable[[], None]) -> None:
    _readable(setting, file)
    try:
        load()
    except (ssl.SSLError, ConnectionSettingsError) as error:
        raise ConnectionSettingsError(
            f"kafka.{setting}: {file} is not a PEM file that can be used ({error})"
        ) from error


def _readable(setting: str, file: Path) -> Path:
    try:
        file.read_bytes()
    except OSError as error:
        raise ConnectionSettingsError(
            f"kafka.{setting}: {file} cannot be read ({error.strerror})"
        ) from error
    return file


def _no_word() -> str:
    raise ConnectionSettingsError("its key is encrypted; give it unencrypted")
