"""What sends the spans: OpenTelemetry's SDK with its exporter for OTLP over HTTP.

Endpoint, headers, sampler, queue and resource are those of the standard `OTEL_*` variables, which
the SDK reads. Imported only where `configured` says so.
"""

import os

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

from streams.telemetry.spans import Spans

SERVICE = "cordial-streams"


def open_spans(group: str, version: str) -> Spans:
    """The spans of this process, sent as the environment says. Raises ValueError for its values."""
    provider = TracerProvider(resource=_resource(version), shutdown_on_exit=False)
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    return Spans(provider, group, version)


def _resource(version: str) -> Resource:
    """What is said of this process; the environment may call it otherwise."""
    given = Resource.create({"service.version": version})
    named = "OTEL_SERVICE_NAME" in os.environ or "service.name=" in os.environ.get(
        "OTEL_RESOURCE_ATTRIBUTES", ""
    )
    return given if named else given.merge(Resource({"service.name": SERVICE}))
