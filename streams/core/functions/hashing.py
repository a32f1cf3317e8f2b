"""Functions that hide a value and keep it comparable."""

import hashlib
from typing import Any

import orjson

from streams.core.functions.declaring import Refused, declared
from streams.core.functions.text import said


def sha256(value: Any, *, lower: bool = True) -> str | None:
    """The SHA-256 of the text, trimmed and in lower case, in hexadecimal digits."""
    made = _bytes(value, lower=lower)
    return hashlib.sha256(made).hexdigest() if made else None


def md5(value: Any, *, lower: bool = True) -> str | None:
    """The MD5 of the text, trimmed and in lower case, in hexadecimal digits."""
    made = _bytes(value, lower=lower)
    return hashlib.md5(made, usedforsecurity=False).hexdigest() if made else None


def fingerprint(value: Any) -> str:
    """The SHA-256 of an object's fields with their names, whatever their order; ids are made so."""
    if not isinstance(value, dict):
        raise Refused("must be an object")
    try:
        return hashlib.sha256(orjson.dumps(value, option=orjson.OPT_SORT_KEYS)).hexdigest()
    except TypeError:
        raise Refused("is no JSON value") from None


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
    declared(
        fingerprint,
        {"order": "o-1", "state": "PAID"},
        hashlib.sha256(b'{"order":"o-1","state":"PAID"}').hexdigest(),
    ),
)
