"""What an error answer of Cordial may say in a dead letter: short, and nobody's data.

Cordial has no one envelope for errors: `error` is a text or a boolean, the reason stands under
`message`, `messages`, `validationErrors`, `fieldErrors` or `errors`. Only these are read, and
what they say is redacted; any other body gives no words at all.
"""

from collections.abc import Iterator
from typing import Any, Final

import orjson

from streams.logs.redaction import redact

ENVELOPE: Final = (
    "errorKey",
    "error",
    "message",
    "messages",
    "validationErrors",
    "fieldErrors",
    "errors",
)
LONGEST: Final = 200
DEEPEST: Final = 4


def complaint(body: bytes, secrets: tuple[str, ...] = ()) -> str:
    """At most 200 redacted characters of what the answer says; empty where it says nothing."""
    try:
        said = orjson.loads(body)
    except orjson.JSONDecodeError:
        return ""
    if not isinstance(said, dict):
        return ""
    words = "; ".join(text for key in ENVELOPE for text in _texts(said.get(key), DEEPEST))
    return redact(words, secrets, 4 * LONGEST)[:LONGEST]


def _texts(value: Any, deep: int) -> Iterator[str]:
    if isinstance(value, str) and value:
        yield " ".join(value.split())
    elif isinstance(value, list) and deep:
        for one in value:
            yield from _texts(one, deep - 1)
    elif isinstance(value, dict) and deep:
        for name, one in value.items():
            for text in _texts(one, deep - 1):
                yield f"{name}: {text}"
