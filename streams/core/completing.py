"""A command that may go: completed by what is known of its contact, checked, guarded. Pure."""

from dataclasses import replace

from streams.core.catalogue import ALL_THE_SAME, SAID, guarded
from streams.core.command import Command
from streams.core.compiled import Instance
from streams.core.contacts import unforced
from streams.core.decisions import DeadLetter, Decision, Known, Send, Wait
from streams.core.identities import Row, completed
from streams.core.learning import Learned
from streams.core.outcome import Dead

UNIDENTIFIABLE = (
    "no identifier, and none is known from before: set segment_id_key, or send an e-mail or a phone"
)


def as_the_account_takes(send: Send, command: Command, known: Known) -> Decision:
    """Without the attributes that the account would not take, or as the plan says."""
    if known.account is None:
        return send
    rules = ALL_THE_SAME if known.forced else known.account.rules
    if command.consent:
        rules = rules.sparing()
    judged = guarded(send.body, known.account.catalogue, rules)
    if not judged.found:
        return send
    dead = judged.first("dead_letter")
    if dead is not None:
        where = f"attributes.{dead.name}"
        return DeadLetter(Dead.INVALID, where, f"it {SAID[dead.problem]}", judged.found)
    if judged.first("hold") is not None:
        return Wait(judged.found)
    notes = send.notes + tuple(one.note for one in judged.found)
    return replace(send, body=judged.body, notes=notes, found=judged.found)


def says_who(learned: tuple[Learned, ...], row: Row | None) -> bool:
    """Whether an identifier is told that was not known, or was another."""
    known = {key: one.value for key, one in (row or {}).items()}
    said = [one.said.identifiers for one in learned if one.table == "identities"]
    return any(known.get(key) != value for block in said for key, value in block.items())


def validated(send: Send, command: Command, known: Known, instance: Instance) -> Decision:
    """Completed, if Cordial takes it then."""
    made = identified(send, command, known, instance)
    if isinstance(made, DeadLetter):
        return made
    problem = instance.declaration.validate(made.body)
    if problem is not None:
        return DeadLetter(problem.reason, problem.field, problem.message)
    body, notes = unforced(made.body)
    return replace(made, body=body, notes=made.notes + notes) if notes else made


def identified(send: Send, command: Command, known: Known, instance: Instance) -> Send | DeadLetter:
    """With what is known of the contact. What somebody made by hand is sent as it is."""
    if instance.completing is None or command.position is None:
        return send
    made = completed(send.body, command.event_time, known.identities, instance.completing)
    if made is None:
        return DeadLetter(Dead.UNIDENTIFIABLE, "userId", UNIDENTIFIABLE)
    if made.body is send.body and made.said is None:
        return send
    news = () if made.said is None else (Learned("identities", command.contact, made.said),)
    return replace(send, body=made.body, notes=send.notes + made.notes, learned=send.learned + news)
