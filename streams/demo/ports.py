"""Ports for what is started here."""

import secrets
import socket
from contextlib import suppress

OURS = range(20_000, 32_000)
"""Below those that systems give to connections: one of them may be gone until it is used."""


def free_port() -> int:
    """A port of this machine that nobody has."""
    while True:
        port = secrets.choice(OURS)
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
