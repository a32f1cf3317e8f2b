"""Functions that make names as Cordial takes them."""

import re
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
PAGE_ACTIVITY = "pageView"
"""What pages are called without a plan; Cordial's own is `pageview`."""
HASH = 8
CUT = MAX_NAME - HASH - 1
LIKE_CUT = re.compile(rf".{{{CUT}}}-[0-9a-f]{{{HASH}}}", re.DOTALL)
"""A name of this form gets a hash of its own, so that it is no other name's cut one."""


IN_CASE_ONLY = "differs from a reserved name in case only"


def activity_name(value: Any) -> Any:
    """At most 40 characters, none of Cordial's own; what is longer, or looks cut, gets a hash."""
    made = text(value)
    if made is None:
        return None
    if made in RESERVED or made.startswith(RESERVED_PREFIXES):
        raise Refused("is a name that Cordial reserves for itself; rename the event")
    if len(made) > MAX_NAME or LIKE_CUT.fullmatch(made):
        digest = blake2b(made.encode("utf-8", "replace"), digest_size=HASH // 2).hexdigest()
        return Noted(f"{made[:CUT]}-{digest}", "cut to 40 characters, with a hash")
    return Noted(made, IN_CASE_ONLY) if _folds(made) and made != PAGE_ACTIVITY else made


def _folds(name: str) -> bool:
    folded = name.lower()
    return folded in RESERVED or folded.startswith(RESERVED_PREFIXES)


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
