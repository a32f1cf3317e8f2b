"""Functions that hide a text and keep it comparable."""

import hashlib
from typing import Any

from streams.core.functions.declaring import declared
from streams.core.functions.text import said


def sha256(value: Any, *, lower: bool = True) -> str | None:
    """The SHA-256 of the text, trimmed and in lower case, in hexadecimal digits."""
    made = _bytes(value, lower=lower)
    return hashlib.sha256(made).hexdigest() if made else None


def md5(value: Any, *, lower: bool = True) -> str | None:
    """The MD5 of the text, trimmed and in lower case, in hexadecimal digits."""
    made = _bytes(value, lower=lower)
    return hashlib.md5(made, usedforsecurity=False).hexdigest() if made else None


def _bytes(value: Any, *, lower: bool) -> bytes:
    made = said(value).strip()
    return (made.lower() if lower else made).encode("utf-8", "replace")


HASHING = (
    declared(
        sha256,
        " Ana@Example.com ",
        hashlib.sha256(b"ana@example.com").hexdigest(),
    ),
    declared(
        md5, "Ana@Example.com", hashlib.md5(b"ana@example.com", usedforsecurity=False).hexdigest()
    ),
)
