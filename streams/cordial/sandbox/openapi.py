"""The description of the sandbox, as OpenAPI 3.1, made of the tables by which it judges."""

from collections.abc import Iterable
from typing import Any, Final

from streams.cordial.sandbox.rules import BODIES, ROUTES, WORDS

PAGES: Final = ("/v2/accountcontactattributes", "/v2/accountlists")
CHECK: Final = "/api/checkAuth"
CHANGED: Final = ("/_sandbox/faults", "/_sandbox/attributes")

_MEANING: Final = {
    "200": "as asked",
    "202": "accepted",
    "400": "no JSON object, or no such setting",
    "401": "wrong key",
    "404": "no such route",
    "413": "the body is too long",
    "422": "refused, where the sandbox is strict",
    "429": "limit",
    "500": "a fault on demand",
    "502": "a fault on demand",
    "503": "unavailable",
    "504": "a fault on demand",
}
_TROUBLE: Final = ("400", "401", "404", "413", "422", "429", "500", "502", "503", "504")
_KEYS: Final[list[dict[str, list[str]]]] = [{"key": []}, {"basic": []}]


def openapi(views: Iterable[str]) -> dict[str, Any]:
    """Every route; `views` are the pages under `/_sandbox/` that show what it holds."""
    paths: dict[str, Any] = {CHECK: {"get": _of("200", security=_KEYS)}}
    for path, action in ROUTES.items():
        body = {"content": {"application/json": {"schema": _schema(BODIES[action])}}}
        paths[path] = {"post": {"operationId": action, "requestBody": body, **_asked()}}
    for path in PAGES:
        paths[path] = {"get": {"parameters": [_PAGE], **_of("200", security=_KEYS)}}
    for path in views:
        paths[path] = {"get": _of("200")}
    anything: dict[str, Any] = {"content": {"application/json": {"schema": {}}}}
    for path in CHANGED:
        paths[path]["post"] = {"requestBody": anything, **_of("200")}
    info = {"title": "Cordial, as the sandbox has it", "version": "1"}
    schemes = {
        "key": {"type": "apiKey", "in": "header", "name": "x-api-key"},
        "basic": {"type": "http", "scheme": "basic"},
    }
    return {
        "openapi": "3.1.0",
        "info": info,
        "components": {"securitySchemes": schemes},
        "paths": paths,
    }


_PAGE: Final = {"name": "page", "in": "query", "schema": {"type": "integer", "minimum": 1}}


def _asked() -> dict[str, Any]:
    return _of("202", security=_KEYS)


def _of(good: str, security: list[dict[str, list[str]]] | None = None) -> dict[str, Any]:
    content: dict[str, Any] = {"application/json": {"schema": {}}}
    answers = {
        status: {"description": _MEANING[status], "content": content}
        for status in (good, *_TROUBLE)
    }
    return {"security": security or [], "responses": answers}


def _schema(rule: Any) -> dict[str, Any]:
    if isinstance(rule, list):
        return {"type": "array", "items": _schema(rule[0])}
    if isinstance(rule, str):
        return {"type": WORDS[rule]}
    return {
        "type": "object",
        "required": [name.rstrip("*") for name in rule if name.endswith("*")],
        "properties": {name.rstrip("*"): _schema(inner) for name, inner in rule.items()},
    }
