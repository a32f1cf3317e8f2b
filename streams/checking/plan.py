"""`plan check` and `plan show`: what is wrong with a plan, and what it amounts to."""

import json
from pathlib import Path
from typing import Any

from streams.checking.source_schemas import compared
from streams.core.identity import AccountKeys
from streams.exits import BAD_SETTINGS, OK, refused
from streams.plan import Plan, PlanError, compile_plan
from streams.plan.noting import notes
from streams.plan.places import Text
from streams.plan.reading import read_plan
from streams.plan.showing import Leaf, as_yaml, effective, leaves, values
from streams.plan.showing_made import as_comment, made
from streams.plan.sourcing import record_types


def run_plan_check(file: Path, *, as_json: bool) -> int:
    """The `plan check` command; the exit code."""
    try:
        plan, text = read_plan(file)
        amount = _amount(plan)
        beside = compared(plan, text, file)
        if beside.wrong:
            raise PlanError.of(beside.wrong)
        told = [*map(str, notes(plan, text, beside.schemas)), *beside.unknown]
    except PlanError as error:
        return _refused(error, as_json=as_json)
    if as_json:
        print(json.dumps({"ok": True, **amount, "errors": [], "notes": told}))
    else:
        print(f"{file}: {_in_words(amount)}")
        for note in told:
            print(f"note: {note}")
    return OK


def run_plan_show(file: Path | None, *, as_json: bool) -> int:
    """The `plan show` command; the exit code."""
    try:
        plan, text = read_plan(file)
        compile_plan(plan, AccountKeys())
    except PlanError as error:
        return _refused(error, as_json=as_json)
    tree, beside = effective(plan, text), made(plan, text)
    if as_json:
        shown = {**_shown(tree), "made": _shown(beside)}
        print(json.dumps(shown, ensure_ascii=False))
    else:
        print(f"# {_title(text)}\n{as_yaml(tree)}{as_comment(beside)}", end="")
    return OK


def _shown(tree: dict[str, Any]) -> dict[str, Any]:
    return {"plan": values(tree), "values": [_value(at, leaf) for at, leaf in leaves(tree)]}


def _title(text: Text) -> str:
    return f"{text.name} as it works; behind each value stands where it comes from"


def _value(at: tuple[str | int, ...], leaf: Leaf) -> dict[str, Any]:
    origin = {"from": leaf.origin.source, "line": leaf.origin.line}
    return {"path": list(at), "value": leaf.value, **origin}


def _amount(plan: Plan) -> dict[str, int]:
    """What there is of each part."""
    instances = compile_plan(plan, AccountKeys()).instances
    rules = [plan.filters, *(one.filters for one in plan.sources)]
    return {
        "sources": len(plan.sources),
        "instances": len(instances),
        "on": sum(one.enabled for one in instances),
        "filters": sum(map(len, rules)) + sum(len(one.filters) for one in instances),
        "mappings": sum(one.shaped for one in instances) + _mapped(plan),
    }


def _mapped(plan: Plan) -> int:
    """How many types of records have a mapping."""
    types = [said for source in plan.sources for _, said in record_types(source)]
    return sum(said.mapping is not None for said in types)


def _in_words(amount: dict[str, int]) -> str:
    parts = [
        _count(amount["sources"], "source"),
        f"{amount['on']} of {_count(amount['instances'], 'action instance')} on",
        _count(amount["filters"], "filter"),
        _count(amount["mappings"], "mapping"),
    ]
    return f"is right: {', '.join(parts)}"


def _count(number: int, what: str) -> str:
    return f"{number} {what if number == 1 else f'{what}s'}"


def _refused(error: PlanError, *, as_json: bool) -> int:
    if as_json:
        print(json.dumps({"ok": False, "errors": _errors(error)}, ensure_ascii=False))
        return BAD_SETTINGS
    return refused(error, BAD_SETTINGS)


def _errors(error: PlanError) -> list[dict[str, Any]]:
    if not error.wrong:
        return [{"place": None, "line": None, "what": str(error), "expected": ""}]
    return [
        {"place": one.place, "line": one.line, "what": one.what, "expected": one.remedy}
        for one in error.wrong
    ]
