"""What must stand in no output: canaries in the secrets and the events of every test that runs a
worker, and whatever else is an e-mail address or a phone.

The harnesses call `search` on all that a process printed and all that its pages showed; a leak
fails the test in which it happened. `tests/worker/test_leaks.py` plants some.
"""

import base64
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from urllib.parse import quote

KEY = "canary-of-the-api-key"
SECRETS = {
    "API_KEY": KEY,
    "CONTACT_SECRET": "canary-of-the-contact-secret",
    "KAFKA__PASSWORD": "canary-of-the-kafka-password",
    "REGISTRY__PASSWORD": "canary-of-the-registry-password",
}
"""Settings of every worker; a test that gives its own takes care of them itself."""
EMAIL, PHONE = "canary.of.the.events@shop.example", "+4915150000777"
PERSON = {"canary": {"email": EMAIL, "phone": PHONE}}
"""What the context of every event has that a harness makes."""

_EMAIL = re.compile(r"[\w.+'-]+(?:@|%40)[\w-]+\.[\w.-]*\w")
_PHONE = re.compile(r"(?:\+|%2B)[1-9]\d{9,14}\b")


class LeakError(AssertionError):
    """An output has what must stand in none; says where, and what."""


def forms(secret: str) -> tuple[str, ...]:
    """How a secret may look: plain, in a URL, as basic auth has it."""
    basic = base64.b64encode(f"{secret}:".encode()).decode()
    return secret, quote(secret), basic.rstrip("=")[:-1]


def found(text: str) -> set[str]:
    """What of it must not be there."""
    leaked = {name for name, secret in SECRETS.items() if any(one in text for one in forms(secret))}
    return leaked | set(_EMAIL.findall(text)) | set(_PHONE.findall(text))


def search(where: str, text: str) -> None:
    """Raises `LeakError` where something leaked."""
    leaked = found(text)
    if leaked:
        lines = [line[:400] for line in text.splitlines() if found(line)]
        raise LeakError(f"{where} has {sorted(leaked)}:\n" + "\n".join(lines[:5]))


def search_file(file: Path) -> None:
    """The same of a file, as far as it is there."""
    if file.is_file():  # and no device
        search(file.name, file.read_text(errors="replace"))


def search_headers(where: str, headers: Iterable[tuple[str, bytes | None]]) -> None:
    """The same of a record's headers."""
    for name, value in headers:
        search(f"{where}, header {name}", f"{name} {(value or b'').decode(errors='replace')}")


def guarded(environment: Mapping[str, str]) -> dict[str, str]:
    """An environment with the canaries where it has no secrets of its own."""
    canaries = {f"CORDIAL_STREAMS_{name}": secret for name, secret in SECRETS.items()}
    return {**canaries, **environment}
