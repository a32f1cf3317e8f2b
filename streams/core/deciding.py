"""What to do with a command whose turn has come, given what is known of its contact.

| known                                              | then                          |
|----------------------------------------------------|-------------------------------|
| settled before at this position or above it        | suppress `replay`             |
| delivered before at another position               | suppress `duplicate`          |
| died in doubt before, and `at_most_once` is wanted | suppress `duplicate`; if it   |
|                                                    | is a replay: `in_doubt` again |
| its order's row says that this position is done    | delivered, without a request  |
| its contact is parked, and it is no replay         | dead letter `parked_behind`   |
| a replay, and something newer was applied since    | dead letter `stale`           |
| an activity whose event's order is malformed       | suppress `malformed_order`    |
| an order                                           | as `core.orders` says         |
| an update of a contact                             | as `core.contacts` says       |
| a join or a removal of a list                      | as `core.memberships` says    |
| records of a supplement                            | without those that are older  |
| more identifiers of its contact than it says       | completed as `core.identities` says |
| no identifier, neither of it nor before            | dead letter `unidentifiable`  |
| attributes that the account would not take         | as the plan says              |
| its completed body is not what Cordial takes       | dead letter, naming the field |
| anything else                                      | send                          |

Pure: the shell reads the tables, calls, and stores what comes back.
"""

from dataclasses import replace

from streams.core import memberships
from streams.core.action_names import CONTACT, LEAVE, LISTS, ORDER, SUPPLEMENT
from streams.core.command import Command, Position
from streams.core.compiled import Instance
from streams.core.completing import as_the_account_takes, identified, says_who, validated
from streams.core.contacts import About, left_of
from streams.core.decisions import (
    DeadLetter,
    Decision,
    Known,
    Send,
    Suppress,
    WasDelivered,
)
from streams.core.event import Note
from streams.core.learning import Learned
from streams.core.orders import LOOK_AND_FORCE, DeadOrder, SendOrder, decide_order
from streams.core.outcome import CommandOutcome, Dead, Suppressed
from streams.core.supplements import TABLE as SUPPLEMENTS
from streams.core.supplements import newer

MALFORMED = "its order is a dead letter as invalid"
STALE = "something newer was applied since; force it, or not"


def decide(command: Command, known: Known, instance: Instance) -> Decision:
    """What the table above says."""
    settled = _settled(known)
    if settled is not None:
        return Suppress(settled, recorded=True)
    if _died_in_doubt(known, instance):
        again = DeadLetter(Dead.IN_DOUBT, None, LOOK_AND_FORCE)
        return again if known.replay else Suppress(Suppressed.DUPLICATE, recorded=True)
    if known.order is not None and known.order.accepted_at(known.position, command.action):
        sent = identified(Send(command.body), command, known, instance)
        learned = sent.learned if isinstance(sent, Send) else ()
        return WasDelivered(known.order.in_doubt, learned)
    if known.parked and not known.replay:
        text = "an earlier command of its contact is parked; replay that one first"
        return DeadLetter(Dead.PARKED_BEHIND, None, text)
    if known.replay and not known.forced and _newer(known.applied, command.position):
        return DeadLetter(Dead.STALE, None, STALE)
    malformed = _malformed_order(command, known)
    if malformed is not None:
        return malformed
    if instance.action == ORDER:
        return _order(command, known, instance)
    if instance.action == SUPPLEMENT:
        return _records(command, known, instance)
    if instance.action == CONTACT:
        return _contact(command, known, instance)
    if instance.action in LISTS:
        return _membership(command, known, instance)
    made = validated(Send(command.body), command, known, instance)
    return as_the_account_takes(made, command, known) if isinstance(made, Send) else made


def _settled(known: Known) -> Suppressed | None:
    seen = known.seen
    if seen is None:
        return None
    if known.position.at_or_below(seen.position):  # read again after a crash, or even older
        return Suppressed.REPLAY
    if seen.outcome == CommandOutcome.DELIVERED and not known.forced:
        return Suppressed.DUPLICATE
    return None


def _newer(applied: Position | None, replayed: Position | None) -> bool:
    if applied is None or replayed is None:
        return False
    return applied != replayed and replayed.at_or_below(applied)


def _died_in_doubt(known: Known, instance: Instance) -> bool:
    """Only an operator who has looked may have it sent, whatever the order's row says by now."""
    died = known.seen is not None and known.seen.outcome == Dead.IN_DOUBT
    return died and instance.in_doubt == "at_most_once" and not known.forced


def _malformed_order(command: Command, known: Known) -> Suppress | None:
    """An activity starts a campaign. The order of its event had its turn before."""
    told = known.told_order
    if command.order is None or told is None or told.position != known.position:
        return None
    if told.outcome != Dead.INVALID:
        return None
    note = Note(command.order, MALFORMED)
    return Suppress(Suppressed.MALFORMED_ORDER, notes=(note,))


def _order(command: Command, known: Known, instance: Instance) -> Decision:
    decision = decide_order(
        command,
        known.order,
        position=known.position,
        in_doubt=instance.in_doubt,
        attempted=known.attempted,
        forced=known.forced,
        rules=instance.orders,
    )
    if isinstance(decision, SendOrder):
        notes = tuple(Note(instance.source(one.field), one.what) for one in decision.notes)
        send = Send(decision.body, decision.intent, in_doubt=decision.in_doubt, notes=notes)
        return validated(send, command, known, instance)
    if isinstance(decision, DeadOrder):
        field = decision.field
        if field is not None and command.position is not None:
            field = instance.source(field)
        return DeadLetter(decision.reason, field, decision.message, order_row=decision.row)
    if known.replay and decision.reason is Suppressed.STALE:
        return DeadLetter(Dead.STALE, None, STALE, order_row=decision.row)
    return Suppress(decision.reason, order_row=decision.row)


def _records(command: Command, known: Known, instance: Instance) -> Decision:
    at, known_rows = known.position.partition, known.supplements
    kept = newer(command.contact, command.body, known_rows, at, all_=known.forced)
    if kept.notes and kept.nothing:
        stale = DeadLetter(Dead.STALE, None, STALE)
        return stale if known.replay else Suppress(Suppressed.STALE)
    learned = tuple(Learned(SUPPLEMENTS, key, row) for key, row in kept.rows.items())
    notes = tuple(Note(instance.source(one.field), one.what) for one in kept.notes)
    send = Send(kept.body, notes=notes, learned=learned)
    return validated(send, command, known, instance)


def _membership(command: Command, known: Known, instance: Instance) -> Decision:
    body, name = command.body, command.body.get("listName")
    if instance.action == LEAVE:
        name = memberships.list_of(command, known.memberships, known.group_name)
        body = memberships.with_list_name(body, name)
    made = validated(Send(body), command, known, instance)
    if not isinstance(made, Send):
        return made
    about = known.memberships, known.position
    told = memberships.told(command, instance.action, name, *about, forced=known.forced)
    news = [Learned(memberships.TABLE, command.contact, told.row)]
    if told.delivered:
        return WasDelivered(in_doubt=False, learned=made.learned)
    if told.stale and known.replay:
        return DeadLetter(Dead.STALE, None, STALE)
    if told.stale:
        field = memberships.LOCATOR if instance.action == LEAVE else "listName"
        note = Note(instance.source(field), memberships.STALE)
        learned = (*made.learned, *news) if told.row != known.memberships else made.learned
        return Suppress(Suppressed.STALE, notes=(*made.notes, note), learned=learned)
    if command.group is not None and "listName" in body:
        news.append(Learned(memberships.GROUPS, command.group, body["listName"]))
    return replace(made, learned=(*made.learned, *news))


def _contact(command: Command, known: Known, instance: Instance) -> Decision:
    send = validated(Send(command.body), command, known, instance)
    if not isinstance(send, Send):
        return send
    guard = as_the_account_takes(send, command, known)
    send = guard if isinstance(guard, Send) else send
    about = About(
        position=known.position,
        profile=known.profile,
        consent=known.consent,
        forced=known.forced,
        attempted=known.attempted,
        only_changed=instance.only_changed,
        resend_after=instance.resend_after,
        at_most_once=instance.in_doubt == "at_most_once",
        identified=says_who(send.learned, known.identities),
    )
    left = left_of(command, send.body, about)
    notes, learned = send.notes + left.notes, send.learned + left.learned
    if left.delivered:
        return WasDelivered(in_doubt=False, learned=learned)
    if not isinstance(guard, Send):
        return guard
    if left.nothing is not None:
        return Suppress(left.nothing, notes=notes, learned=learned, found=send.found)
    return Send(
        left.body,
        in_doubt=left.in_doubt,
        notes=notes,
        learned=learned,
        intents=left.intents,
        found=send.found,
    )
