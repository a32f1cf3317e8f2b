"""Functions that make names as Cordial takes them."""

from hashlib import blake2b
from typing import Any

from streams.core.functions.declaring import Noted, Refused, declared
from streams.core.functions.text import text

MAX_NAME = 40
MAX_LIST_NAME = 128
RESERVED = frozenset(
    (
        "message-sent",
        "open",
        "click",
        "optout",
        "bounce",
        "complaint",
        "pageview",
        "message-stopped",
    )
)
RESERVED_PREFIXES = ("crdl_", "crdl-pdm-")


def activity_name(value: Any) -> Any:
    """At most 40 characters, and none of Cordial's own; longer ones keep a hash of the whole."""
    made = text(value)
    if made is None:
        return None
    if made in RESERVED or made.startswith(RESERVED_PREFIXES):
        raise Refused("is a name that Cordial reserves for itself; rename the event")
    if len(made) > MAX_NAME:
        digest = blake2b(made.encode("utf-8", "replace"), digest_size=4).hexdigest()
        return Noted(f"{made[: MAX_NAME - 9]}-{digest}", "cut to 40 characters, with a hash")
    if made.lower() in RESERVED and made != "pageView":
        return Noted(made, "differs from a reserved name in case only")
    return made


def list_name(value: Any) -> str | None:
    """At most 128 characters; longer ones are refused: a cut name is another list."""
    made = text(value)
    if made is not None and len(made) > MAX_LIST_NAME:
        raise Refused("is longer than 128 characters")
    return made


def group_list(value: Any) -> str | None:
    """The name of a list that has none, from its group id."""
    made = text(value)
    return None if made is None else f"segment_{made}"


NAMES = (
    declared(
        activity_name,
        "Subscription Renewal Reminder Email Opened",
        "Subscription Renewal Reminder E-fb3571f5",
    ),
    declared(list_name, " VIP ", "VIP"),
    declared(group_list, 77, "segment_77"),
)
