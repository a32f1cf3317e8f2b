"""Requests and answers, as ASGI has them."""

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

import orjson

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


def json_object(body: bytes) -> dict[str, Any] | None:
    """The body as a JSON object; None where it is none."""
    try:
        document = orjson.loads(body)
    except ValueError:
        return None
    return document if isinstance(document, dict) else None


async def read(receive: Receive, most: int) -> bytes | None:
    """The body of a request; None where it has more than `most` bytes."""
    body = b""
    more = True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
        if len(body) > most:
            return None
    return body


async def answer(
    send: Send,
    status: int,
    document: Any,
    headers: dict[str, str] | None = None,
    *,
    slow: bool = False,
) -> None:
    """Answer as JSON; `slow` gives a byte a second."""
    content = orjson.dumps(document)
    pairs = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(content)).encode()),
    ]
    pairs += [(name.lower().encode(), value.encode()) for name, value in (headers or {}).items()]
    await send({"type": "http.response.start", "status": status, "headers": pairs})
    if slow:
        for byte in content[:-1]:
            await send({"type": "http.response.body", "body": bytes([byte]), "more_body": True})
            await asyncio.sleep(1)
        content = content[-1:]
    await send({"type": "http.response.body", "body": content})
