"""Why settings cannot be used, told by their variables and without their values."""

import re
from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

PREFIX = "CORDIAL_STREAMS_"
NESTED = "__"
BESIDES = frozenset({f"{PREFIX}SECRETS_DIR", f"{PREFIX}REQUIRE"})
"""Variables that are no settings: where secrets are, and whether tests may be skipped."""
SERVICE_LINK = re.compile(rf"{PREFIX}(SERVICE_HOST|SERVICE_PORT|PORT)(_\w+)?$")
"""Kubernetes sets these in every pod beside a Service named cordial-streams."""


class SettingsError(ValueError):
    """Settings that cannot be used: a line for each, with variable, reason and remedy."""

    def __init__(self, problems: Iterable[str]) -> None:
        super().__init__("\n".join(problems))


def variables(model: type[BaseModel], prefix: str = PREFIX) -> Iterator[tuple[str, FieldInfo]]:
    """Each setting's variable and its field, in the order of the declaration."""
    for name, field in model.model_fields.items():
        inner = field.annotation
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            yield from variables(inner, f"{prefix}{name.upper()}{NESTED}")
        else:
            yield f"{prefix}{name.upper()}", field


def unknown(environment: Mapping[str, str], model: type[BaseModel]) -> Iterator[str]:
    """A line for each variable that looks like a setting and is none."""
    known = {name for name, _ in variables(model)} | BESIDES
    for name in sorted(environment):
        upper = name.upper()
        if upper.startswith(PREFIX) and upper not in known and not SERVICE_LINK.match(upper):
            yield _no_setting(upper, known)


def explained(error: ValidationError, model: type[BaseModel]) -> Iterator[str]:
    """A line for each thing that is wrong."""
    known = {name for name, _ in variables(model)}
    for one in error.errors(include_url=False, include_input=False, include_context=False):
        variable = PREFIX + NESTED.join(str(part) for part in one["loc"]).upper()
        if one["type"] == "extra_forbidden":
            yield _no_setting(variable, known)
        elif one["loc"]:
            yield f"{variable}: {_plain(one['msg'])}"
        else:
            yield _plain(one["msg"])


def _no_setting(variable: str, known: Iterable[str]) -> str:
    near = get_close_matches(variable, known, n=1)
    return f"{variable}: no such setting" + (f"; did you mean {near[0]}?" if near else "")


def _plain(message: Any) -> str:
    return str(message).removeprefix("Value error, ")
