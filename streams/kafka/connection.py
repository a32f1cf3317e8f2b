"""How every Kafka client of ours reaches the broker: the one place that knows TLS and SASL."""

import ssl
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
    if settings.security.endswith("SSL"):
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
    try:
        context = ssl.create_default_context(cafile=None if ca is None else str(ca))
        if cert is not None:
            context.load_cert_chain(str(cert), None if key is None else str(key))
    except (OSError, ssl.SSLError) as error:
        files = ", ".join(str(path) for path in (ca, cert, key) if path is not None)
        raise ConnectionSettingsError(f"cannot read {files} as PEM ({error.strerror})") from error
    return context
