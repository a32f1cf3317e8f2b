"""The file of a journey: the steps of a test contact, and what must become of each. Pure."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from streams.core.event import EVENT_TYPES
from streams.plan.places import Text, said
from streams.sources.unknown_fields import unknown_fields

RUN = "{run}"
IDS = ("userId", "anonymousId")


class JourneyError(ValueError):
    """It is no journey, or no profile; the message names the place."""


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Expected(_Part):
    """What must become of one command of a step; without an action, of its event.

    `within` is in seconds from the moment when the event was published.
    """

    action: str | None = None
    outcome: Literal["delivered", "suppressed", "dead_lettered", "filtered", "any"] = "delivered"
    reason: str | None = None
    within: float | None = Field(None, gt=0, le=3600)

    @property
    def shown(self) -> str:
        """In a few words."""
        why = f" ({self.reason})" if self.reason else ""
        soon = f" within {self.within:g} s" if self.within is not None else ""
        return f"{self.action or 'the event'} {self.outcome}{why}{soon}"


class Step(_Part):
    """One event. `expect` is in the order in which Cordial must be told; None: anything goes."""

    event: dict[str, Any]
    expect: list[str | Expected] | None = None
    wait: float = Field(0, ge=0, le=600)

    @property
    def expected(self) -> list[Expected] | None:
        """What is expected, each with its words."""
        if self.expect is None:
            return None
        return [Expected(action=one) if isinstance(one, str) else one for one in self.expect]


class InTheEnd(_Part):
    """What Cordial must have of the contact when all is played, by names."""

    attributes: list[str] = []
    lists: list[str] = []
    no_lists: list[str] = []


class Journey(_Part):
    """A journey. `timeout` is from the last event to the last receipt, in seconds."""

    name: str = "journey"
    timeout: float = Field(60, gt=0, le=3600)
    steps: list[Step] = Field(min_length=1)
    contact: InTheEnd = InTheEnd()


class Profile(_Part):
    """Who plays it: ids of every event, traits of every identify, context of every event."""

    userId: str | None = None  # noqa: N815 - as events have it
    anonymousId: str | None = None  # noqa: N815 - as events have it
    traits: dict[str, Any] = {}
    context: dict[str, Any] = {}


@dataclass(frozen=True, slots=True)
class Play:
    """One event to publish, and what must become of it."""

    number: int
    title: str
    event: dict[str, Any]
    expected: list[Expected] | None
    wait: float

    @property
    def message_id(self) -> str:
        """Its id."""
        return str(self.event["messageId"])


def read_journey(text: str, name: str) -> Journey:
    """The journey of a YAML text. Raises `JourneyError`."""
    made: Journey = _read(Journey, text, name)
    return made


def read_profile(text: str, name: str) -> Profile:
    """The profile of a YAML text. Raises `JourneyError`."""
    made: Profile = _read(Profile, text, name)
    if not (made.userId or made.anonymousId):
        raise JourneyError(f"{name}: says no contact; give it userId or anonymousId")
    return made


def plays(journey: Journey, profile: Profile, run: str) -> Iterator[Play]:
    """The events of a run: `{run}` in texts becomes its name, so that ids are new each time."""
    for number, step in enumerate(journey.steps, start=1):
        event = _named(step.event, run)
        ids = {name: getattr(profile, name) for name in IDS if getattr(profile, name)}
        made = {**ids, **event, "messageId": f"qa-{run}-{number}"}
        made["context"] = {**profile.context, **(event.get("context") or {})}
        if event["type"] == "identify":
            made["traits"] = {**profile.traits, **(event.get("traits") or {})}
        title = str(event.get("event") or f"{event['type']} {event.get('name') or ''}").strip()
        yield Play(number, title, made, step.expected, step.wait)


def _named(value: Any, run: str) -> Any:
    if isinstance(value, str):
        return value.replace(RUN, run)
    if isinstance(value, Mapping):
        return {key: _named(inner, run) for key, inner in value.items()}
    if isinstance(value, list):
        return [_named(inner, run) for inner in value]
    return value


def _read(kind: Any, text: str, name: str) -> Any:
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
        data = yaml.safe_load(text)
    except (yaml.YAMLError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        where = f", line {mark.line + 1}" if mark else ""
        raise JourneyError(f"{name}{where}: is no YAML") from None
    lines = Text(name, root)
    try:
        made = kind.model_validate({} if data is None else data)
    except ValidationError as error:
        told = [_line(one, lines) for one in error.errors()]
        raise JourneyError("\n".join(dict.fromkeys(told))) from None
    for number, step in enumerate(getattr(made, "steps", ())):
        wrong = _event_problem(step.event)
        if wrong:
            at = ("steps", number, "event")
            raise JourneyError(str(said(lines, at, wrong, f"one of {', '.join(EVENT_TYPES)}")))
        for field, remedy in unknown_fields(step.event):
            place = ("steps", number, "event", field)
            raise JourneyError(str(said(lines, place, "is no field of an event", remedy)))
    return made


def _event_problem(event: Mapping[str, Any]) -> str:
    if event.get("type") not in EVENT_TYPES:
        return "has no type that events have"
    return "has a messageId, which each run makes anew" if "messageId" in event else ""


def _line(one: Any, lines: Text) -> str:
    path = tuple(step for step in one["loc"] if step not in ("str", "Expected"))
    what = "is unknown" if one["type"] == "extra_forbidden" else re.sub(r"\s+", " ", one["msg"])
    return str(said(lines, path, what.lower(), ""))
