"""The description of the worker's pages, as OpenAPI 3.1; docs/pages.openapi.json has it."""

from typing import Any, Final

from prometheus_client.exposition import CONTENT_TYPE_LATEST

from streams import __version__
from streams.web.health import TO_DO, Wait

_WAITS: Final = {"type": "array", "items": {"enum": [str(wait) for wait in Wait]}}
_SECONDS: Final = {"type": "number", "minimum": 0}
_TEXT: Final = {"type": "string"}


def openapi() -> dict[str, Any]:
    """Every page, what it answers, and who may read it."""
    return {
        "openapi": "3.1.0",
        "info": {"title": "Pages of a cordial-streams worker", "version": __version__},
        "components": {"securitySchemes": {"token": {"type": "http", "scheme": "bearer"}}},
        "paths": {
            "/livez": _probe("Whether the worker is live", _live()),
            "/readyz": _probe("Whether the worker delivers, and if not, why", _ready()),
            "/metrics": _locked("All figures", {CONTENT_TYPE_LATEST: {"schema": _TEXT}}),
            "/lanes": _locked(
                "The longest lane of this worker", {"application/json": {"schema": _lanes()}}
            ),
        },
    }


def _probe(what: str, schema: dict[str, Any]) -> dict[str, Any]:
    body = {"application/json": {"schema": schema}}
    answers = {
        "200": {"description": "yes", "content": body},
        "503": {"description": "no", "content": body},
        **_refused("405", "421"),
    }
    return {"get": {"summary": what, "security": [], "responses": answers}}


def _locked(what: str, body: dict[str, Any]) -> dict[str, Any]:
    answers = {
        "200": {"description": "as it is now", "content": body},
        **_refused("401", "403", "405", "421"),
    }
    security: list[dict[str, list[str]]] = [{"token": []}]
    return {"get": {"summary": what, "security": security, "responses": answers}}


def _refused(*statuses: str) -> dict[str, Any]:
    words = {
        "401": "the token is missing or wrong",
        "403": "no token is set, and the worker does not listen on loopback",
        "405": "only GET",
        "421": "the request names a host that is not known",
    }
    text = {"text/plain; charset=utf-8": {"schema": {"type": "string"}}}
    return {status: {"description": words[status], "content": text} for status in statuses}


def _live() -> dict[str, Any]:
    return _object(
        live={"type": "boolean"},
        waits=_WAITS,
        unsettled={"type": "integer", "minimum": 0},
        still_seconds=_SECONDS,
    )


def _ready() -> dict[str, Any]:
    reason = _object(
        reason={"enum": [str(one) for one in TO_DO]},
        meaning={"type": "string"},
        to_do={"type": "string"},
        seconds=_SECONDS,
    )
    return _object(
        ready={"type": "boolean"}, reasons={"type": "array", "items": reason}, waits=_WAITS
    )


def _lanes() -> dict[str, Any]:
    count = {"type": "integer", "minimum": 0}
    longest = _object(
        contact={"type": "string", "pattern": "^[0-9a-f]{8}$"},
        partition=count,
        commands=count,
        of=count,
        seconds=_SECONDS,
    )
    return _object(longest={"oneOf": [{"type": "null"}, longest]})


def _object(**properties: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": [*properties],
        "additionalProperties": False,
    }
