"""What a plan asks of events and no source of it says: `plan check` notes it and goes on.

A trigger on an event that no source makes, or on a property that no mapping names, is always
false, and nobody would hear of it. Told only where every source of the plan is mapped.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from streams.core.mapping import held_key, is_object
from streams.core.paths import WHOLE
from streams.core.trigger import EQUAL, FIELDS, OBJECTS, Comparison, comparisons, shown_path
from streams.core.trigger_text import path_of
from streams.core.trigger_yaml import parse_any
from streams.plan.event_fields import MEMBER, Made, behind, inside, lacks, made_by, names_of, union
from streams.plan.model import ActionPlan, FilterPlan, Plan
from streams.plan.places import Finding, Path, Text, Wrong, nearest, said
from streams.plan.record_schemas import RecordSchema

JUDGED = (*OBJECTS, *FIELDS)
MOST = 12


def unsaid(plan: Plan, text: Text, schemas: Mapping[Path, RecordSchema]) -> tuple[Wrong, ...]:
    """Each with its place; `schemas` by where their sources stand."""
    return tuple(said(text, *one) for one in _unsaid(plan, schemas))


def _unsaid(plan: Plan, schemas: Mapping[Path, RecordSchema]) -> Iterator[Finding]:
    sources = made_by(plan, schemas)
    if not sources:
        return

    for number, made in sources.items():
        judge = _Judge(_with_states(made, plan))
        yield from judge.filters(plan.sources[number].filters, ("sources", number, "filters"))
    judge = _Judge(_with_states(behind(union(sources.values()), plan), plan))
    if plan.orders.status_from == "event":
        for word in plan.orders.statuses:
            yield from judge.name(word, ("orders", "statuses", word))
    yield from judge.filters(plan.filters, ("filters",))
    for name, key in plan.identity.keys.items():
        yield from judge.paths(key.paths, ("identity", "keys", name, "paths"))
    if plan.markets is not None:
        yield from judge.paths(plan.markets.told_by, ("markets", "told_by"))
        for name, market in plan.markets.known.items():
            yield from judge.condition(market.when, ("markets", "known", name, "when"))
    for name, channel in plan.consent.channels.items():
        at: Path = ("consent", "channels", name)
        yield from judge.mapping(channel.status, (*at, "status"))
        for number, one in enumerate(channel.events):
            yield from judge.condition(one.when, (*at, "events", number, "when"))
            yield from judge.mapping(one.value, (*at, "events", number, "value"))
    for name, action in plan.actions.items():
        yield from judge.action(action, ("actions", name))


def _with_states(made: Made, plan: Plan) -> Made:
    """With the words that order actions see in place of the company's."""
    if made.names is None:
        return made
    statuses = plan.orders.statuses
    own = plan.orders.status_from == "event"
    more = {to for word, to in statuses.items() if not own or word in made.names}
    return Made(made.fields, made.names | more)


class _Judge:
    """Says what of conditions and mappings these events cannot fulfil."""

    def __init__(self, made: Made) -> None:
        self._made = made

    def action(self, asked: ActionPlan, at: Path) -> Iterator[Finding]:
        yield from self.condition(asked.trigger, (*at, "trigger"))
        yield from self.mapping(asked.mapping, (*at, "mapping"))
        yield from self.filters(asked.filters, (*at, "filters"))
        told = asked.supplement
        if told is None:
            return
        at = (*at, "supplement")
        yield from self.mapping(told.each, (*at, "each"))
        steps = path_of(told.each) if told.each is not None else ()
        whole = self._made.fields
        here = inside(whole, (*steps[steps[:1] == (WHOLE,) :], "0")) if steps else whole
        for key, spec in (("id", told.id), ("updated", told.updated), ("record", told.record)):
            yield from self.mapping(spec, (*at, key), here)

    def filters(self, rules: list[FilterPlan], at: Path) -> Iterator[Finding]:
        for number, rule in enumerate(rules):
            place = (*at, number)
            yield from self.condition(rule.when, (*place, "when"))
            for word in ("drop_fields", "allow_fields"):
                yield from self.paths(getattr(rule, word) or [], (*place, word))
            for old in rule.rename or {}:
                yield from self._path(path_of(old), (*place, "rename", old))

    def paths(self, paths: list[str], at: Path) -> Iterator[Finding]:
        for number, text in enumerate(paths):
            yield from self._path(path_of(text), (*at, number))

    def name(self, text: str, at: Path) -> Iterator[Finding]:
        known = self._made.names
        if known is not None and text not in known:
            near, some = nearest(text, known), ", ".join(sorted(known)[:MOST])
            remedy = f"did you mean {near}?" if near else f"their events are {some or 'none'}"
            yield at, f"asks for the event {text}, which no source makes", remedy

    def condition(self, spec: Any, at: Path) -> Iterator[Finding]:
        if spec is not None:
            tests = comparisons(parse_any(spec))
            yield from dict.fromkeys(found for test in tests for found in self._test(test, at))

    def _test(self, test: Comparison, at: Path) -> Iterator[Finding]:
        yield from self._path(test.path, at)
        if test.path == ("event",) and test.operator in EQUAL:
            for value in test.values:
                yield from self.name(str(value), at)

    def mapping(self, spec: Any, at: Path, here: Any = ()) -> Iterator[Finding]:
        here = self._made.fields if here == () else here
        if isinstance(spec, str):
            steps = path_of(spec)
            if steps[0] == WHOLE:
                steps, here = steps[1:], self._made.fields
            yield from self._path(steps, at, here)
        elif isinstance(spec, list):
            for number, one in enumerate(spec):
                yield from self.mapping(one, (*at, number), here)
        elif is_object(spec):
            for name, inner in spec.items():
                yield from self.mapping(inner, (*at, name), here)
        elif (held := held_key(spec)) is not None:
            yield from self.condition(spec.get("when"), (*at, "when"))
            if "each" in spec:
                yield from self.mapping(spec["each"], (*at, "each"), here)
                here = self._members(spec["each"], here)
            yield from self.mapping(spec[held], (*at, held), here)

    def _members(self, spec: Any, here: Any) -> Any:
        if not isinstance(spec, str):
            return None
        steps = path_of(spec)
        if steps[0] == WHOLE:
            steps, here = steps[1:], self._made.fields
        return inside(here, (*steps, "0")) if steps[0] in OBJECTS else None

    def _path(self, path: tuple[str, ...], at: Path, here: Any = ()) -> Iterator[Finding]:
        of_event = here == () or here is self._made.fields
        here = self._made.fields if here == () else here
        if of_event and path[0] not in JUDGED:
            return
        number = lacks(here, path)
        if number is None or (of_event and path[number] in ("type", "timestamp")):
            return
        before, names = path[:number], sorted(names_of(inside(here, path[:number])))
        near = nearest(path[number], names)
        if near:
            remedy = f"did you mean {shown_path((*before, near))}?"
        elif MEMBER in (inside(here, before) or ()):
            remedy = "it is a list: its members have places, or each:"
        else:
            of_all = "an event of theirs" if of_event else "a member"
            where = shown_path(before) if before else of_all
            remedy = f"{where} has {', '.join(names[:MOST]) or 'no fields'}"
        shown = shown_path(path).replace('"*"', "*")
        yield at, f"asks for {shown}, which no source says", remedy
