"""Compares what was published with what was accepted and what was reported. Pure.

What a finding means is said in `report`.
What it does not know: whether bodies are right beyond their marks.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Literal

from tests.verifier.facts import Accepted, Journal, Key, Letter, Place, Published, Receipt
from tests.verifier.report import Command, Report

InDoubt = Literal["resend", "at_most_once"]
Order = Literal["contact", "action"]
ORDER = "upsertOrder"
Lane = tuple[str, str]
"""Of what the order is kept: a contact, and the action where each has its own."""
UNDOES = {"removeProductsFromCart": "addProductsToCart"}
"""Actions that keep one order also where each action has its own."""
About = tuple[Place, str | None]


def judge(
    manifest: Sequence[Published],
    journal: Journal,
    receipts: Iterable[Receipt],
    letters: Iterable[Letter],
    in_doubt: InDoubt = "resend",
    plan_changed: float | None = None,
    order: Order = "contact",
) -> Report:
    """The account. `plan_changed` is when every worker had the last plan, in seconds since 1970.

    `order` is that of the plan: of a contact, or of a contact and an action.
    """
    return _Judge(manifest, journal, receipts, letters, in_doubt, plan_changed, order).report()


class _Judge:
    def __init__(
        self,
        manifest: Sequence[Published],
        journal: Journal,
        receipts: Iterable[Receipt],
        letters: Iterable[Letter],
        in_doubt: InDoubt,
        plan_changed: float | None,
        order: Order,
    ) -> None:
        self.manifest = manifest
        self.journal = journal
        self.in_doubt = in_doubt
        self.plan_changed = plan_changed or 0.0
        self.order = order
        self.commands = dict(commands(manifest))
        self.said: dict[About, list[Receipt]] = defaultdict(list)
        for receipt in receipts:
            self.said[receipt.place, receipt.action].append(receipt)
        self.letters = Counter((letter.place, letter.action) for letter in letters)
        self.accepted: dict[Key, list[Accepted]] = defaultdict(list)
        for one in journal.accepted:
            self.accepted[one.key].append(one)
        self.doubtful = {_order_of(key) for key in self.commands if self._died_in_doubt(key)}
        self.made = Report(published=len(manifest), requests=journal.requests)

    def report(self) -> Report:
        """Everything, in the order of the table above."""
        for command in self.commands.values():
            self._command(command)
        self._unasked()
        self._order()
        self._events()
        self._unexpected()
        self.made.ignored += self.journal.ignored
        return self.made

    def _command(self, command: Command) -> None:
        expected, said = command.expected, self._outcomes(command.first, command.key[0])
        self._count(command)
        if expected.outcome != "delivered":
            self._undelivered(command, said)
            return
        excused = self._excused(command, said)
        times = len(self.accepted[command.key])
        told = {one for place in command.places for one in self._outcomes(place, command.key[0])}
        if not times and not expected.optional and not excused:
            self.made.lost.append(f"{command}: never accepted")
        elif not times and "delivered" in told:
            self.made.lost.append(
                f"{command}: its receipt says delivered, and nothing was accepted"
            )
        if times and "delivered" not in told and not excused:
            words = ", ".join(sorted(told)) or "nothing"
            self.made.receipts.append(f"{command}: accepted, and its receipts say {words}")
        if times > 1:
            self._again(command, times)
        for place in command.copies:
            self._copy(command, place, excused=excused)

    def _undelivered(self, command: Command, said: set[str]) -> None:
        outcome = command.expected.outcome
        if self.accepted[command.key]:
            self.made.more.append(f"{command}: accepted, and it should be {outcome}")
        for place in command.places:
            also = {"suppressed"} if place != command.first else set()
            told = self._outcomes(place, command.key[0])
            if not told or not told <= {outcome} | also:
                words = ", ".join(sorted(told)) or "nothing"
                self.made.receipts.append(
                    f"{command}: its receipts at {place} say {words} instead of {outcome}"
                )
            if "dead_lettered" in told:
                self._must_have_letter(command, place)

    def _must_have_letter(self, command: Command, place: Place) -> None:
        if not self.letters[place, command.key[0]]:
            self.made.lost.append(f"{command}: dead-lettered at {place} without a dead letter")

    def _again(self, command: Command, times: int) -> None:
        if command.key[0] != ORDER:
            self.made.rows[command.key[0]].repeated += times - 1
            return
        named = any(
            receipt.in_doubt
            for place in command.places
            for receipt in self.said[place, command.key[0]]
        )
        if named and self.in_doubt == "resend":
            self.made.in_doubt.append(f"{command}: accepted {times} times")
        else:
            why = "named in doubt, and there must be none" if named else "not named in doubt"
            self.made.doubled.append(f"{command}: accepted {times} times, {why}")

    def _copy(self, command: Command, place: Place, *, excused: bool) -> None:
        told = self._outcomes(place, command.key[0])
        allowed = {"suppressed"} | ({"dead_lettered"} if excused else set())
        if not told or not told <= allowed:
            words = ", ".join(sorted(told)) or "nothing"
            self.made.receipts.append(
                f"{command}: its receipts at the copy {place} say {words} instead of suppressed"
            )

    def _unasked(self) -> None:
        for key, found in self.accepted.items():
            if key not in self.commands and found:
                action, contact, mark = key
                requests = ", ".join(str(one.request) for one in found)
                self.made.more.append(
                    f"{action} {mark} of {contact}: nobody asked for it (request {requests})"
                )

    def _order(self) -> None:
        """A new plan cannot want its commands before what the old one had already sent.

        So a command that not all plans want is compared with what was accepted since the change.
        """
        newest: dict[Lane, Command] = {}
        newest_since: dict[Lane, Command] = {}
        latest: dict[Lane, Command] = {}
        known: set[Key] = set()
        for one in self.journal.accepted:
            command = self.commands.get(one.key)
            if command is None:
                continue
            lane = self._lane(one.key)
            above = (newest_since if command.expected.optional else newest).get(lane)
            if one.key not in known and _above(above, command):
                self.made.reordered.append(
                    f"{command}: first accepted in request {one.request}, after {above}"
                )
            elif one.key not in known and _above(newest.get(lane), command):
                self.made.late.append(f"{command}: after {newest[lane]}")
            known.add(one.key)
            latest[lane] = command
            _raise(newest, lane, command)
            if one.time >= self.plan_changed:
                _raise(newest_since, lane, command)
        for lane, command in latest.items():
            above = (newest_since if command.expected.optional else newest).get(lane)
            if _above(above, command):
                self.made.older_last.append(f"{command}: accepted last, after {above}")

    def _lane(self, key: Key) -> Lane:
        action, contact, _ = key
        return contact, "" if self.order == "contact" else UNDOES.get(action, action)

    def _events(self) -> None:
        for record in self.manifest:
            told = self._outcomes(record.place, None)
            wanted = {record.event} if record.event else set()
            may_be_filtered = bool(record.expect) and all(one.optional for one in record.expect)
            if told != wanted and not (may_be_filtered and told == {"filtered"}):
                self.made.receipts.append(
                    f"event {record.place}: its receipts say "
                    f"{', '.join(sorted(told)) or 'nothing'} instead of {record.event or 'nothing'}"
                )
            if record.event == "dead_lettered" and not self.letters[record.place, None]:
                self.made.lost.append(f"event {record.place}: dead without a dead letter")

    def _unexpected(self) -> None:
        known: set[About] = {(record.place, None) for record in self.manifest}
        dying: set[About] = {
            (record.place, None) for record in self.manifest if record.event == "dead_lettered"
        }
        for command in self.commands.values():
            abouts = {(place, command.key[0]) for place in command.places}
            known |= abouts
            excused = self._excused(command, self._outcomes(command.first, command.key[0]))
            if command.expected.outcome == "dead_lettered" or excused:
                dying |= abouts
        for place, action in self.said.keys() - known:
            self.made.receipts.append(f"{action or 'event'} at {place}: nobody asked for it")
        for place, action in self.letters.keys() - dying:
            self.made.dead_letters.append(f"{action or 'event'} at {place} should not have died")

    def _outcomes(self, place: Place, action: str | None) -> set[str]:
        return {receipt.outcome for receipt in self.said.get((place, action), ())}

    def _excused(self, command: Command, said: set[str]) -> bool:
        """With at_most_once an order in doubt dies, and so may what needs its stored state."""
        return _order_of(command.key) in self.doubtful and "dead_lettered" in said

    def _died_in_doubt(self, key: Key) -> bool:
        if key[0] != ORDER or self.in_doubt != "at_most_once":
            return False
        told = self.said.get((self.commands[key].first, ORDER), ())
        return any(one.outcome == "dead_lettered" and one.reason == "in_doubt" for one in told)

    def _count(self, command: Command) -> None:
        row = self.made.rows[command.key[0]]
        row.expected += command.expected.outcome == "delivered"
        row.accepted += bool(self.accepted.get(command.key))
        for place in command.places:
            told = self._outcomes(place, command.key[0])
            if "delivered" in told:
                row.delivered += 1
            elif "dead_lettered" in told:
                row.dead_lettered += 1
            elif told:
                row.suppressed += 1


def commands(manifest: Iterable[Published]) -> Iterator[tuple[Key, Command]]:
    """What the manifest asks for. Raises `ValueError` where a mark is not unique."""
    found: dict[Key, Command] = {}
    for record in manifest:
        for expected in record.expect:
            key = (expected.action, record.contact or "?", expected.mark)
            if key in found:
                if not record.copy:
                    raise ValueError(f"{key} is expected twice, at {record.place} again")
                found[key].copies.append(record.place)
            else:
                found[key] = Command(key, expected, record.place)
    yield from found.items()


def _above(other: Command | None, command: Command) -> bool:
    return other is not None and other.position > command.position


def _raise(newest: dict[Lane, Command], lane: Lane, command: Command) -> None:
    before = newest.get(lane)
    if before is None or before.position < command.position:
        newest[lane] = command


def _order_of(key: Key) -> tuple[str, str]:
    return key[1], key[2].rpartition("/")[0]
