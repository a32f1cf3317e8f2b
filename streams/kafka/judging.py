"""Asks the tables what is known of the command at the head of a lane, and what to do with it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from streams.core.action_names import CONTACT, LEAVE, LISTS, ORDER, SUPPLEMENT
from streams.core.catalogue import Account
from streams.core.command import Command
from streams.core.compiled import Instance
from streams.core.deciding import decide
from streams.core.decisions import DeadLetter, Decision, Known, seen_key
from streams.core.lanes import Entry
from streams.core.learning import Learned, merged
from streams.core.memberships import group_id_of
from streams.core.outcome import Dead
from streams.core.supplements import TABLE as SUPPLEMENTS
from streams.core.supplements import Row as Updated
from streams.core.supplements import keys_of
from streams.kafka.load import Load
from streams.kafka.tables import Tables


@dataclass(slots=True)
class Judging:
    """Reads, decides, changes nothing."""

    tables: Tables
    instances: Mapping[str, Instance]
    account: Callable[[], Account | None] = lambda: None

    def judge(self, entry: Entry, ahead: Sequence[Learned] = ()) -> Decision:
        """What to do with a command whose turn has come, or comes with those that teach `ahead`."""
        load: Load = entry.payload
        if entry.refused:
            return DeadLetter(Dead.TOO_LARGE, None, "the broker takes no record of this size")
        command = load.command
        if command is None:
            return DeadLetter(load.why, None, load.problem)
        instance = self.instances.get(entry.action)
        if instance is None:
            return DeadLetter(Dead.INVALID, "action", f"no action is called {entry.action}")
        return decide(command, self._known(entry, load, command, instance, ahead), instance)

    def _known(
        self,
        entry: Entry,
        load: Load,
        command: Command,
        instance: Instance,
        ahead: Sequence[Learned],
    ) -> Known:
        key = seen_key(entry.contact, entry.message_id, entry.action)
        order_id = command.body.get("orderID") if instance.action == ORDER else None
        group_id = None
        if instance.action == LEAVE:
            group_id = group_id_of(command.body)
        updates = instance.action == CONTACT
        return Known(
            position=load.position,
            seen=self.tables.seen(key),
            order=self.tables.order(command.contact, str(order_id))
            if order_id is not None
            else None,
            group_name=self.tables.group_name(group_id) if group_id is not None else None,
            parked=self.tables.is_parked(entry.contact),
            attempted=load.intended,
            replay=load.replay_of is not None,
            forced=load.forced,
            applied=self.tables.applied_since(entry.contact, instance.action)
            if load.replay_of is not None
            else None,
            identities=self._learned("identities", entry.contact, ahead)
            if instance.completing is not None
            else None,
            supplements=self._supplements(command) if instance.action == SUPPLEMENT else {},
            profile=self._learned("profiles", entry.contact, ahead) if updates else None,
            consent=self._learned("consent", entry.contact, ahead) if updates else None,
            memberships=self._learned("memberships", entry.contact, ahead)
            if instance.action in LISTS
            else None,
            told_order=self.tables.seen(seen_key(entry.contact, entry.message_id, command.order))
            if command.order is not None
            else None,
            account=self.account(),
        )

    def _supplements(self, command: Command) -> dict[str, Updated]:
        rows = {
            key: self.tables.known(SUPPLEMENTS, key)
            for key in keys_of(command.contact, command.body)
        }
        return {key: row for key, row in rows.items() if row is not None}

    def _learned(self, table: str, key: str, ahead: Sequence[Learned]) -> Any:
        row = self.tables.known(table, key)
        for one in ahead:
            if (one.table, one.key) == (table, key):
                row = merged(row, one)
        return row
