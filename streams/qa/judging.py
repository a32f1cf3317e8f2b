"""What became of a journey beside what was expected of it. Pure.

A command has come where its receipt says what was expected. One that was delivered is in order
where its receipt stands behind those of what was to be delivered before it: the receipts of a
contact stand in one partition, in the order in which its commands were settled. What routing
itself suppresses or gives up has its receipt at once.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from streams.core.action_names import ACTIVITY, CONTACT, INTO_CART, OUT_OF_CART, SUPPLEMENT
from streams.core.records import Receipt
from streams.qa.journey import Expected, InTheEnd, Play

MEMBERS = {
    ACTIVITY: "contactActivities",
    INTO_CART: "items",
    OUT_OF_CART: "items",
}
"""What stands in one request for several commands. One command has one, as mappings have it."""
MERGED = (CONTACT,)
"""Consecutive ones may travel as one."""
UNCOUNTED = (SUPPLEMENT, "upsertProducts")
"""One command may have any number of parts, or names no contact."""


@dataclass(frozen=True, slots=True)
class Heard:
    """One receipt in the order of its partition. `seconds` since its event was published."""

    place: int
    receipt: Receipt
    seconds: float


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table.

    `verdict` is `ok`, `missing`, `out of order`, `too late`, or what came instead.
    """

    step: int
    title: str
    action: str
    expected: str
    found: str
    seconds: float | None
    status: int | None
    verdict: str


@dataclass(frozen=True, slots=True)
class At:
    """What Cordial has of the contact, one for each command: the sandbox's journal, told apart."""

    action: str
    seconds: float
    result: str


def complete(plays: Sequence[Play], heard: Sequence[Heard]) -> bool:
    """Whether everything that is expected has come, or something else in its place."""
    for play in plays:
        told = [one for one in heard if one.receipt.message_id == play.message_id]
        if len(told) < len(play.expected if play.expected is not None else (1,)):
            return False
    return True


def rows(plays: Sequence[Play], heard: Sequence[Heard]) -> Iterator[Row]:
    """The table."""
    last = -1
    for play in plays:
        left = sorted(
            (one for one in heard if one.receipt.message_id == play.message_id),
            key=lambda one: one.place,
        )
        for expected in play.expected or ():
            found = _match(expected, left)
            if found is None:
                yield _row(play, expected, None, _instead(expected, left))
                continue
            left.remove(found)
            late = False
            if found.receipt.outcome == "delivered":
                late, last = found.place < last, max(last, found.place)
            slow = expected.within is not None and found.seconds > expected.within
            yield _row(
                play, expected, found, "out of order" if late else "too late" if slow else "ok"
            )
        for one in left:
            verdict = "ok" if play.expected is None else "not expected"
            yield _row(play, None, one, verdict)


def at_cordial(journal: Iterable[Mapping[str, Any]], wanted: Sequence[Any]) -> list[At]:
    """What the sandbox accepted of the contact that one of these identifiers means.

    Each line of the journal has the time since the run began as `seconds`.
    """
    found = []
    for line in journal:
        body = line.get("body")
        if line.get("accepted") and isinstance(body, Mapping) and _is_hers(body, set(wanted)):
            action = str(line["action"])
            members = body.get(MEMBERS.get(action, ""), [None])
            found += [At(action, line["seconds"], str(line["result"]))] * len(members)
    return found


def cordial_problems(
    plays: Sequence[Play], heard: Sequence[Heard], at: Sequence[At], kinds: Mapping[str, str]
) -> list[str]:
    """How what Cordial has differs from what was delivered. `kinds` are actions by instance."""
    problems = [f"Cordial: {one.action}: {one.result}" for one in at if one.result != "ok"]
    ours = {play.message_id for play in plays}
    sent = [
        kinds.get(str(one.receipt.action), str(one.receipt.action))
        for one in sorted(heard, key=lambda one: one.place)
        if one.receipt.outcome == "delivered" and one.receipt.message_id in ours
    ]
    has = [one.action for one in at]
    if _merged(sent) != _merged(has):
        told = f"{', '.join(has) or 'nothing'}; delivered were {', '.join(sent) or 'none'}"
        problems.append(f"Cordial has, in this order: {told}")
    return problems


def contact_problems(
    wanted: InTheEnd, contacts: Sequence[Mapping[str, Any]], identifiers: Sequence[Any]
) -> list[str]:
    """What the sandbox's contact lacks in the end, and has too much."""
    if wanted == InTheEnd():
        return []
    known = [one for one in contacts if {*one["identifiers"].values()} & {*identifiers}]
    if not known:
        return ["Cordial has no such contact"]
    attributes = {name for one in known for name in one["attributes"]}
    lists = {name for one in known for name in one["lists"]}
    lacks = [f"the contact has no {name}" for name in wanted.attributes if name not in attributes]
    lacks += [f"the contact is not on {name}" for name in wanted.lists if name not in lists]
    lacks += [f"the contact is still on {name}" for name in wanted.no_lists if name in lists]
    return [f"Cordial: {one}" for one in lacks]


def _match(expected: Expected, left: Sequence[Heard]) -> Heard | None:
    for one in left:
        receipt = one.receipt
        same = expected.outcome in ("any", receipt.outcome)
        if same and receipt.action == expected.action and expected.reason in (None, receipt.reason):
            return one
    return None


def _instead(expected: Expected, left: Sequence[Heard]) -> str:
    """What became of the same action otherwise."""
    for one in left:
        if one.receipt.action == expected.action:
            return f"is {_found(one)}"
    return "missing"


def _row(play: Play, expected: Expected | None, found: Heard | None, verdict: str) -> Row:
    receipt = None if found is None else found.receipt
    action = expected.action if expected else receipt.action if receipt else None
    return Row(
        step=play.number,
        title=play.title,
        action=action or "event",
        expected=expected.shown if expected else "",
        found="" if found is None else _found(found),
        seconds=None if found is None else found.seconds,
        status=None if receipt is None else receipt.status,
        verdict=verdict,
    )


def _found(one: Heard) -> str:
    receipt = one.receipt
    return f"{receipt.outcome} ({receipt.reason})" if receipt.reason else receipt.outcome


def _is_hers(body: Mapping[str, Any], wanted: set[Any]) -> bool:
    holders = [body, body.get("contact"), body.get("contacts")]
    said: list[Any] = [body.get("segmentId")]
    for holder in holders:
        identifiers = holder.get("identifiers") if isinstance(holder, Mapping) else None
        for block in identifiers if isinstance(identifiers, list) else [identifiers]:
            said += block.values() if isinstance(block, Mapping) else []
    return any(one in wanted for one in said if isinstance(one, str))


def _merged(names: Sequence[str]) -> list[str]:
    """What can be counted: commands of some actions are merged into one, or have several parts."""
    made: list[str] = []
    for name in names:
        repeated = bool(made) and name in MERGED and made[-1] == name
        if not repeated and name not in UNCOUNTED:
            made.append(name)
    return made
