"""Filters of the plan: what is wrong with them, and what routing goes by."""

from collections.abc import Callable, Iterator, Sequence

from streams.core import filters
from streams.core.filters import FilterError, Rule, Step
from streams.core.trigger import OBJECTS, TriggerError, compile_node
from streams.core.trigger_yaml import parse_any
from streams.plan.mapping_hints import meant
from streams.plan.model import FilterPlan
from streams.plan.places import Finding, Path, suggestion

WORDS = ("drop", "sample", "drop_fields", "allow_fields", "rename")


def compiled(rules: Sequence[FilterPlan]) -> tuple[Rule, ...]:
    """The rules, ready to apply."""
    return tuple(
        Rule(
            name=rule.name,
            step=_step(rule),
            when=None if rule.when is None else compile_node(parse_any(rule.when)),
        )
        for rule in rules
    )


def problems(rules: Sequence[FilterPlan], path: Path) -> Iterator[Finding]:
    """What is wrong with the rules that stand at `path`."""
    names: set[str] = set()
    for number, rule in enumerate(rules):
        at = (*path, number)
        if rule.name in names:
            yield (*at, "name"), "is the name of an earlier one", "give each its own"
        names.add(rule.name)
        if rule.when is not None:
            try:
                parse_any(rule.when)
            except TriggerError as error:
                yield (*at, "when"), str(error), ""
        yield from _word_problems(rule, at)


def _word_problems(rule: FilterPlan, at: Path) -> Iterator[Finding]:
    said = [word for word in WORDS if getattr(rule, word) is not None]
    if len(said) != 1:
        what = f"has {' and '.join(said)}" if said else "does nothing"
        yield at, what, f"give it exactly one of {', '.join(WORDS)}"
    for word in ("drop_fields", "allow_fields"):
        for number, text in enumerate(getattr(rule, word) or ()):
            yield from path_problem(filters.field_path, text, (*at, word, number))
    for old, new in (rule.rename or {}).items():
        yield from path_problem(filters.one_field, old, (*at, "rename", old))
        yield from path_problem(filters.new_field, new, (*at, "rename", old))
    if rule.rename and len(set(rule.rename.values())) < len(rule.rename):
        yield (*at, "rename"), "moves two fields to one place", "give each its own"


def path_problem(read: Callable[[str], object], text: str, at: Path) -> Iterator[Finding]:
    """What is wrong with the path of a field that `read` takes, if anything."""
    try:
        read(text)
    except FilterError as error:
        head, _, rest = text.partition(".")
        near = suggestion(head, OBJECTS) if rest and head not in OBJECTS else ""
        written = meant(text, any_member=True) if read is filters.field_path else ""
        yield at, f"{text} is no path: {error}", written or near


def _step(rule: FilterPlan) -> Step:
    if rule.sample is not None:
        return filters.sample(rule.name, rule.sample)
    if rule.drop_fields is not None:
        return filters.drop_fields([filters.field_path(one) for one in rule.drop_fields])
    if rule.allow_fields is not None:
        return filters.allow_fields([filters.field_path(one) for one in rule.allow_fields])
    if rule.rename is not None:
        moves = rule.rename.items()
        return filters.rename([(filters.one_field(a), filters.new_field(b)) for a, b in moves])
    return filters.drop
