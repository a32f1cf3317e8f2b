"""Takes what belongs to a person or a lock out of a text: e-mails, phones, keys.

Law: what comes out can be logged. It is the second net: the first is to log named values only.
A hash, a UUID, a date and an IPv4 address stay readable; a run of ten digits does not.
"""

import re
from collections.abc import Iterable

CONCEALED = "[secret]"
EMAIL = "[email]"
PHONE = "[phone]"

SHORTEST_SECRET = 4
LONGEST = 2_000

_HEADER = re.compile(
    r"(?i)((?:x-api-key|api[_-]?key|password|secret|token|sasl[_a-z]*password)['\"]?\s*[:=]\s*"
    r"b?['\"]?)[^\s'\",;&}\])]+"
)
_CREDENTIALS = re.compile(r"(?i)\b(basic|bearer)\s+[\w+/=.~-]{4,}")
_USERINFO = re.compile(r"(?<=://)[^\s/@]+@")
_EMAIL = re.compile(r"[^\s\"<>()\[\],;:\\@]{1,96}(?:@|%40)[^\s\"'<>()\[\]{},;:=/\\@]+")
_RUN = re.compile(r"\+?\(?\d[\d ()./\u00a0-]{5,}\d")
_NUMBER = re.compile(rf"(?<![0-9a-fA-F-]){_RUN.pattern}(?![0-9a-fA-F])")
_NOT_A_PHONE = re.compile(
    r"\d{4}-\d\d-\d\d(?!\d)|\d{1,3}(?:\.\d{1,3}){3}\b|\d{1,9}\.\d+$|\d{4}/\d\d/\d\d(?!\d)"
)


def _phone(match: re.Match[str]) -> str:
    text, start = match.group(), 0
    while other := _NOT_A_PHONE.match(text, start):
        rest = _RUN.search(text, other.end())
        if rest is None:
            return text
        start = rest.start()
    number = text[start:]
    digits = sum(letter.isdigit() for letter in number)
    marked = number.startswith(("+", "(")) or " " in number or "-" in number
    return text[:start] + (PHONE if digits >= (7 if marked else 10) else number)


def redact(text: str, secrets: Iterable[str] = (), longest: int = LONGEST) -> str:
    """`text` with the secrets, what looks like a key, an e-mail or a phone replaced by a word.

    A longer text loses its end first, at a space: half an e-mail looks like none.
    """
    if len(text) > longest:
        text = text[:longest].rpartition(" ")[0] + " …"
    for secret in secrets:
        if len(secret) >= SHORTEST_SECRET:
            text = text.replace(secret, CONCEALED)
    text = _HEADER.sub(rf"\1{CONCEALED}", text)
    text = _CREDENTIALS.sub(rf"\1 {CONCEALED}", text)
    text = _USERINFO.sub(f"{CONCEALED}@", text)
    text = _EMAIL.sub(EMAIL, text)
    return _NUMBER.sub(_phone, text)
