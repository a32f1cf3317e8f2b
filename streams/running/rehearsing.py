"""A start of the worker that asks nobody: it is built as `worker` builds it, and let go."""

from streams.cordial.endpoint import EndpointError
from streams.kafka.connection import ConnectionSettingsError
from streams.plan import Plan, PlanError
from streams.running.wiring import build
from streams.settings import Settings
from streams.telemetry import TelemetryError
from streams.web.server import ListenError

REFUSED = (ConnectionSettingsError, EndpointError, PlanError, ListenError, TelemetryError)
"""What settings, plan, files or environment are refused with, before anything is sent or read."""


async def rehearse(settings: Settings, plan: Plan) -> None:
    """Raises one of `REFUSED` where a worker would end with it at its start.

    Whether the pages' port is free is not tried: a worker may be listening there.
    """
    worker = build(settings, plan)
    await worker.client.aclose()
    await worker.tracing.close()
