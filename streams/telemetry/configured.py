"""Whether the environment asks for traces, and whether it can be obeyed."""

from collections.abc import Iterator, Mapping
from importlib.util import find_spec
from typing import Final
from urllib.parse import unquote

ENDPOINTS: Final = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
PROTOCOLS: Final = ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL")
HEADERS: Final = ("OTEL_EXPORTER_OTLP_TRACES_HEADERS", "OTEL_EXPORTER_OTLP_HEADERS")
SPOKEN: Final = "http/protobuf"
PACKAGES: Final = ("opentelemetry.sdk.trace", "opentelemetry.exporter.otlp.proto.http")


class TelemetryError(ValueError):
    """Traces are asked for and cannot be sent; the message says what to do."""


def configured(environment: Mapping[str, str]) -> bool:
    """Whether spans are to be sent. Raises `TelemetryError`."""
    variable = next((name for name in ENDPOINTS if environment.get(name, "").strip()), None)
    disabled = environment.get("OTEL_SDK_DISABLED", "").strip().lower() == "true"
    exporters = environment.get("OTEL_TRACES_EXPORTER", "").strip() or "otlp"
    if variable is None or disabled or exporters == "none":
        return False
    if exporters != "otlp":
        raise TelemetryError("OTEL_TRACES_EXPORTER: only otlp and none are known")
    protocols = (environment.get(name, "").strip() for name in PROTOCOLS)
    spoken = next((one for one in protocols if one), SPOKEN)
    if spoken != SPOKEN:
        raise TelemetryError(
            f"OTEL_EXPORTER_OTLP_PROTOCOL: only {SPOKEN} is spoken; "
            "name that, and the collector's port for it (4318)"
        )
    if not all(map(_is_there, PACKAGES)):
        raise TelemetryError(
            f"{variable} is set, and OpenTelemetry is not installed: install the extra otel, "
            "pip install '.[otel]' in a clone of cordial-streams, or take the variable away"
        )
    return True


def endpoint_secrets(environment: Mapping[str, str]) -> Iterator[str]:
    """What the collector asks for in headers, which no log line may show."""
    for name in HEADERS:
        for pair in environment.get(name, "").split(","):
            value = pair.partition("=")[2].strip()
            yield from (one for one in (value, unquote(value)) if one)


def _is_there(package: str) -> bool:
    try:
        return find_spec(package) is not None
    except ImportError:
        return False
