"""The generated parts of docs/mappings.md: the functions, and what stands for other directives."""

import json
from collections.abc import Iterator
from typing import Any

import yaml

from streams.core.functions import THEMES
from streams.core.functions.declaring import Function, Option
from tools.equivalents import EQUIVALENTS, EVENT
from tools.tables import table

HEAD = ("Function", "What it makes", "Options", "Example", "gives")


def mappings() -> dict[str, str]:
    """The generated parts by name."""
    return {
        "functions": "\n\n".join(_themes()),
        "event": f"```json\n{json.dumps(EVENT, ensure_ascii=False, indent=2)}\n```",
        "equivalents": table(
            ("Directive", "There", "Here", "gives", "What differs"),
            (
                (
                    f"`{one.directive}`",
                    f"`{one.theirs}`",
                    "none" if one.ours is None else f"`{flow(one.ours)}`",
                    "" if one.ours is None else f"`{_json(one.gives)}`",
                    one.remark,
                )
                for one in EQUIVALENTS
            ),
        ),
    }


def _themes() -> Iterator[str]:
    for theme, functions in THEMES.items():
        rows = (
            (
                f"`{one.name}`",
                one.says,
                "; ".join(map(_option, one.options.values())),
                f"`{_call(one)}`",
                f"`{_json(one.example.result)}`",
            )
            for one in functions
        )
        yield f"### Functions of {theme}\n\n{table(HEAD, rows)}"


def _option(option: Option) -> str:
    needed = "" if option.required else f", `{_json(option.default)}` where it is not given"
    if option.default in (None, ""):
        needed = ", may be left out"
    return f"`{option.name}`: {option.kind.expected}{needed}"


def _call(one: Function) -> str:
    value = {"const": one.example.value}
    return flow({"fn": one.name, **one.example.options, "of": value})


def flow(value: Any) -> str:
    """A value as YAML in one line."""
    said: str = yaml.safe_dump(
        value, default_flow_style=True, sort_keys=False, width=float("inf"), allow_unicode=True
    )
    return said.removesuffix("\n").removesuffix("\n...")


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
