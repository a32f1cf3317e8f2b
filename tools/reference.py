"""Writes the tables of the docs that the code already knows, between their markers.

A part stands between `<!-- begin NAME: make docs writes this -->` and `<!-- end NAME -->`.
With `--check` nothing is written; exit 5 where a part is stale.
"""

import json
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import SecretStr
from pydantic.fields import FieldInfo

from streams.actions import ACTIONS
from streams.actions.declaration import RANKS
from streams.metrics import LABELS, METRICS
from streams.settings import Settings
from streams.settings.errors import variables
from streams.web.health import TO_DO
from tools import scaling
from tools.mappings import mappings
from tools.plan_schema import schema
from tools.tables import table

DOCS = Path(__file__).parents[1] / "docs"


def _default(field: FieldInfo) -> str:
    value = field.default
    if isinstance(value, SecretStr):
        value = value.get_secret_value()
    if value is None or value == "":
        return "none"
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


def operations() -> dict[str, str]:
    """The generated parts of docs/operations.md by name."""
    metrics = (
        (f"`{row.full_name}`", row.kind, ", ".join(row.labels), row.meaning, row.to_do)
        for row in METRICS
    )
    settings = (
        (f"`{name}`", _default(field), field.description or "")
        for name, field in variables(Settings)
    )
    reasons = ((f"`{reason}`", meaning, to_do) for reason, (meaning, to_do) in TO_DO.items())
    return {
        "settings": table(("Variable", "Default", "Meaning"), settings),
        "metrics": table(("Metric", "Kind", "Labels", "Meaning", "What to do"), metrics),
        "labels": table(("Label", "Values"), ((f"`{one}`", said) for one, said in LABELS.items())),
        "reasons": table(("Reason", "Meaning", "What to do"), reasons),
    }


def plan() -> dict[str, str]:
    """The generated parts of docs/plan.md by name."""
    whole = schema()
    actions = (
        (f"`{name}`", action.rank, f"`{action.trigger}`" if action.trigger else "none: off")
        for name, action in sorted(ACTIONS.items(), key=lambda one: (RANKS[one[1].rank], one[0]))
    )
    return {
        "keys": table(("Key", "Value", "Default", "Meaning"), _keys(whole, whole["$defs"], "")),
        "actions": table(("Action", "Rank", "Default trigger"), actions),
    }


def _keys(part: Mapping[str, Any], parts: Mapping[str, Any], at: str) -> Iterator[tuple[str, ...]]:
    """A row for each key of a part of the plan, and for those inside; filters are told once."""
    for name, key in part["properties"].items():
        inner, below = _inside(key, parts)
        default = json.dumps(key["default"]) if key.get("default") not in (None, [], {}) else ""
        told = "" if inner else f"`{default}`" if default else "none"
        needed = name in part.get("required", ())
        value = "as at the top" if at and name == "filters" else _value(key)
        yield f"`{at}{name}`", value, "must be given" if needed else told, key["description"]
        if inner and not (at and name == "filters"):
            yield from _keys(inner, parts, f"{at}{name}{below}")


def _inside(key: Mapping[str, Any], parts: Mapping[str, Any]) -> tuple[Mapping[str, Any], str]:
    """The part that stands in a key, or in each member of it, and how its path goes on."""
    members = key.get("additionalProperties")
    for holder, below in ((key, "."), (key.get("items"), "[]."), (members, ".NAME.")):
        named = holder if isinstance(holder, dict) else {}
        reference = (named.get("allOf") or [named])[0].get("$ref", "")
        found = parts.get(reference.rpartition("/")[2], {})
        if "properties" in found:
            return found, below
    return {}, ""


def _value(key: Mapping[str, Any]) -> str:
    """What may stand there, in words."""
    if "const" in key:
        return f"`{json.dumps(key['const'])}`"
    if "enum" in key:
        return "one of " + ", ".join(f"`{one}`" for one in key["enum"])
    if key.get("$ref", "").endswith("/Condition"):
        return "a condition"
    if key.get("type") == "number":
        return f"a number from {key['minimum']} to {key['maximum']}"
    if key.get("type") == "array":
        kind = key["items"]
        words = _value(kind).removeprefix("one of ") if "enum" in kind else ""
        return f"a list of {words or ('texts' if kind.get('type') == 'string' else 'objects')}"
    if isinstance(key.get("additionalProperties"), dict):
        kind = key["additionalProperties"]
        if kind.get("type") == "array":
            return "lists of texts by text"
        return "texts by text" if kind.get("type") == "string" else "objects by name"
    if not {"type", "anyOf", "allOf", "$ref"} & {*key}:
        return "a mapping"
    return {
        "boolean": "`true` or `false`",
        "string": "a text",
        "integer": "a whole number",
    }.get(key.get("type", ""), "an object")


PAGES: dict[Path, Callable[[], dict[str, str]]] = {
    DOCS / "operations.md": operations,
    DOCS / "plan.md": plan,
    DOCS / "mappings.md": mappings,
    DOCS / "scaling.md": scaling.parts,
}


def filled(page: str, parts: Mapping[str, str]) -> str:
    """The page with every part as the code has it. Raises `ValueError` without its markers."""
    for name, text in parts.items():
        begin, end = f"<!-- begin {name}: make docs writes this -->", f"<!-- end {name} -->"
        if page.count(begin) != 1 or page.count(end) != 1:
            raise ValueError(f"the markers of {name} must stand in its page once")
        before, _, rest = page.partition(begin)
        after = rest.partition(end)[2]
        page = f"{before}{begin}\n\n{text}\n\n{end}{after}"
    return page


def main() -> int:
    """Write the pages, or with `--check` compare them."""
    stale = False
    for path, parts in PAGES.items():
        old = path.read_text()
        new = filled(old, parts())
        stale = stale or new != old
        if "--check" not in sys.argv[1:]:
            path.write_text(new)
    return 5 if stale and "--check" in sys.argv[1:] else 0


if __name__ == "__main__":
    sys.exit(main())
