"""Writes docs/plan.schema.json: what may stand in a plan, for editors.

It says what the models say, without their nulls, and what only reading knows: how conditions are
written, that a filter has one word, what an instance with a name of its own needs. Whether a
condition or a path is right inside its text is for `cordial-streams plan check`.
"""

import json
import sys
from pathlib import Path
from typing import Any

from streams.actions import ACTIONS
from streams.core.trigger_operators import OPERATORS
from streams.plan import Plan
from streams.plan.filtering import WORDS
from streams.plan.instances import NAME
from streams.plan.sourcing import FULL_NAME
from streams.sources.customer_event import FIELDS

FILE = Path(__file__).parents[1] / "docs" / "plan.schema.json"
CONDITION = {"$ref": "#/$defs/Condition"}
SINGLE: dict[str, Any] = {"type": ["string", "number", "boolean"]}


def _only(name: str, value: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {name: value},
        "required": [name],
        "additionalProperties": False,
    }


def condition() -> dict[str, Any]:
    """Conditions, as text or as structure."""
    several = {"type": "array", "items": CONDITION, "minItems": 1}
    comparison = {
        "type": "object",
        "properties": {
            "field": {"type": "string"},
            "op": {"enum": [*OPERATORS]},
            "value": {"anyOf": [SINGLE, {"type": "array", "items": SINGLE, "minItems": 1}]},
        },
        "required": ["field", "op"],
        "additionalProperties": False,
    }
    shapes = [_only("all", several), _only("any", several), _only("not", CONDITION), comparison]
    return {
        "description": "which events: a text, or a structure of texts and comparisons",
        "anyOf": [{"type": "string", "minLength": 1}, *shapes],
    }


def schema() -> dict[str, Any]:
    """The whole schema."""
    made: dict[str, Any] = _plain(Plan.model_json_schema())
    parts = made["$defs"]
    parts["Condition"] = condition()
    conditions = ["FilterPlan", "MarketPlan", "ListedPlan"]
    for part, key in (("ActionPlan", "trigger"), *((one, "when") for one in conditions)):
        parts[part]["properties"][key] |= CONDITION
    parts["ListedPlan"]["oneOf"] = [{"required": ["status"]}, {"required": ["value"]}]
    parts["ConsentPlan"]["properties"]["since"] |= {"type": "string"}
    fields = {"properties": {name: {} for name in FIELDS}, "additionalProperties": False}
    for part in ("SourcePlan", "RecordPlan"):
        parts[part]["properties"]["mapping"] |= fields | {"required": ["type"]}
        parts[part]["properties"]["record"] |= {"pattern": f"^{FULL_NAME.pattern}$"}
    parts["FilterPlan"]["oneOf"] = [{"required": [word]} for word in WORDS]
    one = {"$ref": "#/$defs/ActionPlan"}
    made["properties"]["actions"] |= {
        "properties": dict.fromkeys(ACTIONS, one),
        "propertyNames": {"pattern": f"^{NAME.pattern}$"},
        "additionalProperties": {"allOf": [one], "required": ["action", "trigger"]},
    }
    head = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Plan of cordial-streams",
    }
    return head | made


def _plain(node: Any) -> Any:
    """Without titles, and without the nulls that stand for what is not said."""
    if isinstance(node, list):
        return [_plain(one) for one in node]
    if not isinstance(node, dict):
        return node
    if {"type": "null"} in node.get("anyOf", ()):
        kept = [one for one in node["anyOf"] if one != {"type": "null"}]
        rest = {key: value for key, value in node.items() if key != "anyOf"}
        node = {**rest, **(kept[0] if len(kept) == 1 else {"anyOf": kept})}
    return {
        key: {name: _plain(one) for name, one in value.items()}
        if key in ("properties", "$defs")
        else _plain(value)
        for key, value in node.items()
        if not (key == "title" or (key == "default" and value is None))
    }


def written() -> str:
    """The file as the code has it."""
    return json.dumps(schema(), indent=2, ensure_ascii=False) + "\n"


def main() -> int:
    """Write the file."""
    FILE.write_text(written())
    return 0


if __name__ == "__main__":
    sys.exit(main())
