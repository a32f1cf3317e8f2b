"""Traces as OpenTelemetry has them: off unless the standard `OTEL_*` variables say where to.

Law: nothing here is imported, and no step is taken per event, where it is off. Where it is on, a
span never waits for a collector: what the queue has no room for is dropped. No span holds a key,
a body, or what says who a contact is.
"""

from streams.telemetry.configured import TelemetryError, configured, endpoint_secrets

__all__ = ["TelemetryError", "configured", "endpoint_secrets"]
