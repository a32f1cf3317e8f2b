"""Why a command is not sent although nothing is wrong with it, in words for people."""

from streams.core.outcome import Suppressed

WAITS = "waits"
"""What stands for the reason where a command waits for the account."""
RULE = "filter:"
WHY = {
    Suppressed.DUPLICATE: "its message id, or this state of the order, was sent before;"
    " or another instance tells the order of this event",
    Suppressed.REPLAY: "it was settled before, and is read again",
    Suppressed.STALE: "a newer state of the order, newer records,"
    " or newer values of all its attributes were accepted",
    Suppressed.UNCHANGED: "Cordial was told all of its attributes before",
    Suppressed.ANONYMOUS: "nothing but an anonymous id is known of the visitor;"
    " or it would merge a visitor who has no contact",
    Suppressed.SUPERSEDED: "the plan that wanted it is gone",
    Suppressed.CONSENT: "what it says of a subscription is not newer than what is known,"
    " was told before, or is nothing",
    Suppressed.FILTERED: "a rule of its action keeps it back",
    Suppressed.FORBIDDEN: "this state of the order may not follow the last one",
    Suppressed.MALFORMED_ORDER: "the order of its event is malformed,"
    " and it would start a campaign",
    Suppressed.HELD: "it waits for the user that the visitor may become",
    Suppressed.EXPIRED: "it was held, and nobody came",
    Suppressed.CROWDED_OUT: "it was held, or was to be, and there are too many",
}


def why_suppressed(reason: str) -> str:
    """The words for a reason as receipts and traces have it."""
    if reason == WAITS:
        return "it waits until the account takes its attributes"
    return WHY[Suppressed.FILTERED] if reason.startswith(RULE) else WHY[Suppressed(reason)]
