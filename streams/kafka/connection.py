"""How every Kafka client of ours reaches the broker: the one place that knows TLS and SASL."""

import ssl
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from streams.settings import KafkaSettings


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
        if settings.username is None or settings.password is None:
            raise ConnectionSettingsError(
                f"kafka.security is {settings.security}: set kafka.username and kafka.password"
            )
        options["sasl_mechanism"] = settings.sasl_mechanism
        options["sasl_plain_username"] = settings.username
        options["sasl_plain_password"] = settings.password.get_secret_value()
    return options


@cache
def _context(ca: Path | None, cert: Path | None, key: Path | None) -> ssl.SSLContext:
    context = ssl.create_default_context()
    if ca is not None:
        _from_file("ca_file", ca, lambda: context.load_verify_locations(str(ca)))
    if key is not None and cert is None:
        raise ConnectionSettingsError("kafka.key_file is set and kafka.cert_file is not")
    if cert is not None:
        # What does not fit together is told of the certificate, the first of the two to be read.
        second = None if key is None else str(_readable("key_file", key))
        _from_file("cert_file", cert, lambda: context.load_cert_chain(str(cert), second, _no_word))
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
