"""Who may read which page: decided from method, path and headers. Pure.

The probes are open, since whoever starts the worker has to ask without a secret; they hold no
text from outside. Every other page asks for the token, where one is set or where another machine
could ask. A request names an address or a name that was told: a page in somebody's browser,
which reaches this machine under a name of its own, can read nothing.
"""

import hmac
import ipaddress
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Final

PROBES: Final = ("/livez", "/readyz")
LOOPBACK_NAMES: Final = ("localhost", "127.0.0.1", "[::1]")
SHORTEST_TOKEN: Final = 16
NO_TOKEN: Final = "no token is set; set web.token_file, or listen on loopback\n"  # noqa: S105

Headers = Iterable[tuple[bytes, bytes]]


@dataclass(frozen=True, slots=True)
class Refusal:
    """The answer to a request that may not be."""

    status: int
    text: str
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Access:
    """`token` gives the token as it stands now; nothing where none is set."""

    loopback: bool
    names: frozenset[str] = frozenset()
    token: Callable[[], str] = str

    def refusal(self, method: str, path: str, headers: Headers) -> Refusal | None:
        """Why a request is not answered; None where it is."""
        given = list(headers)
        if method != "GET":
            return Refusal(405, "only GET\n", {"allow": "GET"})
        hosts = [value.decode("latin-1") for name, value in given if name == b"host"]
        if not self._knows(hosts):
            return Refusal(421, "unknown host; web.names has those that are known\n")
        if path in PROBES:
            return None
        return self._locked([value for name, value in given if name == b"authorization"])

    def _knows(self, hosts: list[str]) -> bool:
        host = named_host(hosts)
        if host is None:
            return False
        if host in LOOPBACK_NAMES or host in self.names:
            return True
        return not self.loopback and _is_address(host)

    def _locked(self, given: list[bytes]) -> Refusal | None:
        token = self.token()
        if not token:
            return None if self.loopback else Refusal(403, NO_TOKEN)
        wanted = f"Bearer {token}".encode()
        if len(given) == 1 and hmac.compare_digest(given[0], wanted):
            return None
        return Refusal(401, "a token is asked for\n", {"www-authenticate": "Bearer"})


def named_host(hosts: list[str]) -> str | None:
    """The host of the only Host header, in lower case and without its port."""
    if len(hosts) != 1:
        return None
    host, _, port = hosts[0].lower().rpartition(":")
    if not host or not (port.isascii() and port.isdecimal()):
        host = hosts[0].lower()
    return host or None


def _is_address(host: str) -> bool:
    if host.startswith("[") != host.endswith("]"):
        return False
    try:
        found = ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return False
    return (found.version == 6) == host.startswith("[")
