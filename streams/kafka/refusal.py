"""Why a broker that is there does not take us: aiokafka says of any failure that it found nobody.

Read at aiokafka 0.14.0.
"""

import asyncio
import ssl

from aiokafka.conn import create_conn
from aiokafka.errors import (
    AuthenticationFailedError,
    AuthenticationMethodNotSupported,
    KafkaError,
    SaslAuthenticationFailed,
    UnsupportedSaslMechanismError,
)

from streams.kafka.connection import ConnectionSettingsError, client_options
from streams.settings import KafkaSettings

TIMEOUT_MS = 5_000
SILENCE = 1.0
"""Seconds after which a broker that said nothing has taken our certificate."""
WRONG_PASSWORD = (AuthenticationFailedError, SaslAuthenticationFailed)
WRONG_MECHANISM = (AuthenticationMethodNotSupported, UnsupportedSaslMechanismError)


class BrokerRefusesError(ConnectionSettingsError):
    """The broker is there and does not take us, or is not whom we trust; says which setting."""


async def refusal(settings: KafkaSettings) -> BrokerRefusesError | None:
    """What the first server that answers has against us; None where none says anything."""
    options = client_options(settings)
    for server in options.pop("bootstrap_servers"):
        host, _, port = server.rpartition(":")
        host = host.strip("[]")
        try:
            connection = await create_conn(
                host, int(port), request_timeout_ms=TIMEOUT_MS, **options
            )
        except (KafkaError, OSError, ValueError) as error:
            why = _why(error, settings)
            if why is None and "ssl_context" in options:
                why = await _after_the_handshake(host, int(port), options["ssl_context"], settings)
            if why is not None:
                return BrokerRefusesError(f"{server} {why}")
        else:
            connection.close()
            return None
    return None


async def _after_the_handshake(
    host: str, port: int, context: ssl.SSLContext, settings: KafkaSettings
) -> str | None:
    """In TLS 1.3 our handshake is over before the broker looks at our certificate; whoever takes
    it waits for us to speak."""
    try:
        async with asyncio.timeout(TIMEOUT_MS / 1000):
            reader, writer = await asyncio.open_connection(host, port, ssl=context)
            try:
                async with asyncio.timeout(SILENCE):
                    await reader.read(1)
            finally:
                writer.transport.abort()
    except (OSError, TimeoutError) as error:
        return _why(error, settings)
    return None


def _why(error: BaseException, settings: KafkaSettings) -> str | None:
    if isinstance(error, WRONG_PASSWORD):
        return (
            f"rejects the user {settings.username!r} or its password; "
            "look at kafka.username, kafka.password_file and kafka.password"
        )
    if isinstance(error, WRONG_MECHANISM):
        return f"has no {settings.sasl_mechanism}; look at kafka.sasl_mechanism"
    if isinstance(error, ssl.SSLCertVerificationError):
        return (
            f"shows a certificate that is not trusted ({error.verify_message}); "
            "look at kafka.ca_file, at the host's name, and at the broker's certificate"
        )
    if isinstance(error, ssl.SSLError):
        return (
            f"breaks off the TLS handshake ({error.reason}); look at kafka.security, and whether "
            "the certificate of kafka.cert_file is there, valid, and of an authority it trusts"
        )
    return None
