"""Which addresses nothing of ours is ever sent to, whatever name leads there. Pure."""

import ipaddress
from typing import Final

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

METADATA_NAMES: Final = ("metadata", "metadata.google.internal", "instance-data")
METADATA_ADDRESSES: Final = tuple(
    ipaddress.ip_address(text) for text in ("fd00:ec2::254", "100.100.100.200", "168.63.129.16")
)


def address(host: str) -> Address | None:
    """The address that a host is, with IPv4 inside of IPv6 unwrapped; None where it is a name."""
    try:
        found = ipaddress.ip_address(host)
    except ValueError:
        return None
    mapped = found.ipv4_mapped if isinstance(found, ipaddress.IPv6Address) else None
    return mapped or found


def is_metadata(host: str) -> bool:
    """Whether a host is a cloud's metadata service, which gives out the machine's own keys."""
    return host.rstrip(".") in METADATA_NAMES or address(host) in METADATA_ADDRESSES


def is_reserved(host: str) -> bool:
    """Whether a host is an address at which no service of another machine can be."""
    found = address(host)
    return found is not None and (
        found.is_link_local
        or found.is_multicast
        or found.is_unspecified
        or found.is_reserved
        or found.is_loopback
    )


def is_loopback(host: str) -> bool:
    """Whether a host is this machine, by name or address."""
    found = address(host)
    return host == "localhost" or (found is not None and found.is_loopback)


def may_connect(host: str, resolved: str) -> bool:
    """Whether a request to `host` may go to the address its name led to.

    This machine is reached by its own names alone, and they lead nowhere else; link-local
    addresses, metadata services and the like are reached by none.
    """
    resolved = resolved.partition("%")[0]
    found = address(resolved)
    if found is None or is_metadata(resolved):
        return False
    return found.is_loopback if is_loopback(host) else not is_reserved(resolved)
