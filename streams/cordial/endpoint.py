"""Which host may be told about customers, and with which key.

Law: the key and the customers' data go to Cordial over TLS, to this machine, or to a host
somebody allowed on purpose; never to a cloud's metadata address, whatever is allowed.
Pure: text in, `Endpoint` or `EndpointError` out; no name is looked up.
"""

import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import SplitResult, urlsplit

from streams.core.addresses import address, is_metadata, is_reserved
from streams.settings import DATA_CENTRES

CORDIAL_DOMAINS: Final = ("cordial.com", "cordial.io")
LOOPBACK: Final = ("127.0.0.1", "localhost", "::1")
CORE_API: Final = {
    "usw1": "https://api.cordial.io",
    "usw2": "https://api.usw2.cordial.io",
    "use1": "https://api.use1.cordial.io",
}

_PLAIN_TEXT = re.compile(r"[\x21-\x7e]+")
_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_NAME = re.compile(rf"(?:{_LABEL}\.)*{_LABEL}")
_NUMERIC_LABEL = re.compile(r"(?:[0-9]+|0x[0-9a-f]*)")


class EndpointError(ValueError):
    """The endpoint setting is refused; the message says what, where and what to do."""

    def __init__(self, text: str, why: str, remedy: str) -> None:
        shown = "(not shown)" if "@" in text else repr(text[:100])
        super().__init__(f"cordial.endpoint {shown}: {why}; {remedy}")


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where requests go: `ingest` for `/api/…`, `core` for `/v2/…`; both without a final slash."""

    ingest: str
    core: str

    def url(self, path: str) -> str:
        """The full URL of a path that begins with a slash."""
        return (self.core if path.startswith("/v2/") else self.ingest) + path


def endpoint(text: str, *, allow: bool = False) -> Endpoint:
    """The endpoint that a data centre's name or a URL stands for.

    `allow` accepts a host that is not Cordial's, also over http (a sandbox in a container
    network). Raises `EndpointError`.
    """
    if text in DATA_CENTRES:
        return Endpoint(ingest=DATA_CENTRES[text], core=CORE_API[text])
    parts, host, port = _split(text)
    if host in LOOPBACK:
        return _same_host(parts, host, port)
    if _is_cordial(host):
        return _of_cordial(text, parts, host, port)
    _refuse_reserved(text, host)
    if not allow:
        names = ", ".join(DATA_CENTRES)
        raise EndpointError(
            text,
            "the host is not Cordial's",
            f"use one of {names}, an https URL on cordial.com or cordial.io, "
            "or allow the host with --allow-endpoint (cordial.allow_endpoint)",
        )
    return _same_host(parts, host, port)


def _split(text: str) -> tuple[SplitResult, str, int | None]:
    """The URL's parts, the host in lower case and the port, of a URL that is nothing but these."""
    remedy = "write a data centre (usw1, usw2, use1) or https://host"
    if not _PLAIN_TEXT.fullmatch(text) or "\\" in text:
        raise EndpointError(text, "it is empty or has characters no URL has", remedy)
    try:
        parts = urlsplit(text)
        host, port = (parts.hostname or "").lower(), parts.port
    except ValueError:
        raise EndpointError(text, "it is not a URL", remedy) from None
    if parts.scheme not in ("https", "http"):
        raise EndpointError(text, "it is neither a data centre nor an https URL", remedy)
    if "@" in parts.netloc:
        raise EndpointError(text, "it holds a user or password", "put the key into api_key_file")
    if parts.path not in ("", "/") or "?" in text or "#" in text:
        raise EndpointError(text, "it has a path or query", "end it after the host and port")
    if parts.netloc.endswith(":") or port == 0:
        raise EndpointError(text, "its port is missing", "write it as https://host:port")
    if not _is_host(host):
        raise EndpointError(text, "its host is not one name or address", remedy)
    return parts, host, port


def _is_host(host: str) -> bool:
    """A dotted name, or an address in its usual spelling (no 0x7f.1, no 2130706433)."""
    if ":" in host:
        return address(host) is not None
    if not _NAME.fullmatch(host) or len(host) > 253:
        return False
    return not _NUMERIC_LABEL.fullmatch(host.rpartition(".")[2]) or address(host) is not None


def _is_cordial(host: str) -> bool:
    return any(host == domain or host.endswith(f".{domain}") for domain in CORDIAL_DOMAINS)


def _of_cordial(text: str, parts: SplitResult, host: str, port: int | None) -> Endpoint:
    if parts.scheme != "https":
        raise EndpointError(text, "the key would travel unencrypted", "write https://")
    if port not in (None, 443):
        raise EndpointError(text, "Cordial answers on port 443 only", "leave the port out")
    ingest = f"https://{host}"
    for name, url in DATA_CENTRES.items():
        if url == ingest:
            return Endpoint(ingest=ingest, core=CORE_API[name])
    return Endpoint(ingest=ingest, core=ingest)


def _same_host(parts: SplitResult, host: str, port: int | None) -> Endpoint:
    shown = f"[{host}]" if ":" in host else host
    base = f"{parts.scheme}://{shown}" + (f":{port}" if port else "")
    return Endpoint(ingest=base, core=base)


def _refuse_reserved(text: str, host: str) -> None:
    """No permission covers these."""
    if is_metadata(host):
        raise EndpointError(text, "it is a cloud's metadata service", "name Cordial's host")
    if is_reserved(host):
        raise EndpointError(
            text,
            "its address is reserved",
            "for this machine write http://127.0.0.1:port, http://localhost:port or "
            "http://[::1]:port",
        )
