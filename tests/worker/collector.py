"""A stand-in for an OpenTelemetry collector: takes spans as OTLP over HTTP, or hangs."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from tests.leaks import search

PATH = "/v1/traces"


@dataclass(frozen=True, slots=True)
class Span:
    """A span as it came, with ids in hexadecimal; links are ids of a trace and a span of it."""

    name: str
    trace_id: str
    span_id: str
    parent: str
    kind: int
    failed: bool
    attributes: dict[str, Any]
    links: list[tuple[str, str]]
    resource: dict[str, Any]
    began: int
    ended: int


@dataclass(slots=True)
class Collector:
    """What came. `asked` counts requests, also those that hang."""

    spans: list[Span] = field(default_factory=list)
    asked: int = 0
    hanging: threading.Event | None = None
    url: str = ""

    def named(self, name: str) -> list[Span]:
        return [one for one in self.spans if one.name == name]

    def take(self, body: bytes) -> None:
        request = ExportTraceServiceRequest.FromString(body)
        search("a span", str(request))
        for of in request.resource_spans:
            resource = _values(of.resource.attributes)
            for scope in of.scope_spans:
                self.spans += [_span(one, resource) for one in scope.spans]


def _span(one: Any, resource: dict[str, Any]) -> Span:
    return Span(
        name=one.name,
        trace_id=one.trace_id.hex(),
        span_id=one.span_id.hex(),
        parent=one.parent_span_id.hex(),
        kind=one.kind,
        failed=one.status.code == 2,
        attributes=_values(one.attributes),
        links=[(link.trace_id.hex(), link.span_id.hex()) for link in one.links],
        resource=resource,
        began=one.start_time_unix_nano,
        ended=one.end_time_unix_nano,
    )


def _values(pairs: Any) -> dict[str, Any]:
    return {one.key: getattr(one.value, one.value.WhichOneof("value")) for one in pairs}


@contextmanager
def collecting(*, hangs: bool = False) -> Iterator[Collector]:
    """A collector on loopback; one that hangs takes the request and never answers."""
    collector = Collector(hanging=threading.Event() if hangs else None)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            collector.asked += 1
            body = self.rfile.read(int(self.headers["content-length"]))
            if collector.hanging is not None:
                collector.hanging.wait()
                return
            assert self.path == PATH, self.path
            collector.take(body)
            self.send_response(200)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    collector.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield collector
    finally:
        if collector.hanging is not None:
            collector.hanging.set()
        server.shutdown()
        server.server_close()
        thread.join()
