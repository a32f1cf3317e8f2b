"""Who a contact is to Cordial: identifiers of an event, normalised, and their priority.

The key names are the account's own (settings); their order, where they are looked for and how
they are normalised is the plan's. A value that cannot be used is left out with a note that never
repeats it. Pure.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Literal

import phonenumbers
from email_validator import EmailNotValidError, validate_email

from streams.core.event import Event, Note
from streams.core.numerals import written

Path = tuple[str, ...]
Case = Literal["keep", "lower", "upper"]
USER_ID: Path = ("user_id",)
PRIORITY = ("user", "email", "phone")
PHONE_ALIAS = {"channels.phone.address": "phone"}
NOT_USABLE = "not usable as an identifier; left out"
FOLDED = "what follows the + is left out of the address"
ALIASED = "its domain is another name of a domain; that one is written"
LONGEST = 1_000
"""Characters of an id."""

Normal = Callable[[str, str | None], tuple[str | None, str | None]]
"""A value and the region of the event's phones, where it has one, give the value as it is sent,
or None, and what was done to it, where that is worth a note."""


@dataclass(frozen=True, slots=True)
class AccountKeys:
    """What the account calls its identifiers. Without `segment_id` the user id is none."""

    segment_id: str | None = None
    email: str = "email"
    phone: str = "channels.phone.address"
    phone_region: str | None = None
    source: str = "cordial-streams"


@dataclass(frozen=True, slots=True)
class Folding:
    """Which addresses are one: those that differ behind a +, or by a domain's other name."""

    plus: bool = False
    domains: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Sought:
    """An identifier that events may have: its name in the plan, and the account's key."""

    name: str
    key: str
    paths: tuple[Path, ...]
    normal: Normal
    steps: tuple[tuple[str, Path, Path], ...] = field(init=False, repr=False, compare=False)
    """Of each path the field of the event, the names inside, and the path itself."""

    def __post_init__(self) -> None:
        steps = tuple((path[0], path[1:], path) for path in self.paths)
        object.__setattr__(self, "steps", steps)

    @property
    def places(self) -> tuple[str, ...]:
        """Its paths as notes have them."""
        return tuple(_shown(path) for path in self.paths)

    @property
    def priority_name(self) -> str:
        """What a priority calls it."""
        return PHONE_ALIAS.get(self.key, self.key)


@dataclass(frozen=True, slots=True)
class Identity:
    """The identifiers of one event by key, and the names of their priority.

    `invalid` are the names of those that it has and that cannot be used.
    """

    identifiers: Mapping[str, str]
    priority: Sequence[str]
    notes: tuple[Note, ...]
    invalid: tuple[str, ...] = ()

    def state(self, one: Sought) -> str:
        """Whether the event has it: `usable`, `invalid` or `missing`."""
        if one.key in self.identifiers:
            return "usable"
        return "invalid" if one.name in self.invalid else "missing"


def sought_user(keys: AccountKeys, case: Case) -> Sought | None:
    """The user id; None where the account has no attribute for it."""
    if not keys.segment_id:
        return None
    return Sought("user", keys.segment_id, (USER_ID,), _of_case(case))


def sought_email(keys: AccountKeys, paths: Sequence[Path], folding: Folding | None) -> Sought:
    """The e-mail address."""

    def normal(text: str, region: str | None) -> tuple[str | None, str | None]:
        address = normal_email(text)
        return (address, None) if address is None or folding is None else folded(address, folding)

    return Sought("email", keys.email, tuple(paths), normal)


def sought_phone(keys: AccountKeys, paths: Sequence[Path]) -> Sought:
    """The phone; its region is that of the event, else that of the settings."""
    return Sought(
        "phone",
        keys.phone,
        tuple(paths),
        lambda text, region: (normal_phone(text, region or keys.phone_region), None),
    )


def sought_id(key: str, paths: Sequence[Path], case: Case) -> Sought:
    """An identifier of the account's own."""
    return Sought(key, key, tuple(paths), _of_case(case))


def identify(event: Event, sought: Sequence[Sought], region: str | None = None) -> Identity:
    """The identity of an event's contact; `region` is that of its phones without a +."""
    identifiers: dict[str, str] = {}
    priority: list[str] = []
    notes: list[Note] = []
    invalid: list[str] = []
    for one in sought:
        value, note = _first(event, one, region)
        if value is not None:
            identifiers[one.key] = value
            priority.append(one.priority_name)
        elif note is not None:
            invalid.append(one.name)
        if note is not None:
            notes.append(note)
    return Identity(identifiers, tuple(priority), tuple(notes), tuple(invalid))


def _first(event: Event, one: Sought, region: str | None) -> tuple[str | None, Note | None]:
    """The first value that can be used; else a note of the first that cannot."""
    note = None
    for head, names, path in one.steps:
        value = getattr(event, head)
        for name in names:
            if type(value) is not dict:
                value = None
                break
            value = value.get(name)
        if value is None or value == "":
            continue
        usable, done = _normal(value, one, region)
        if usable:
            return usable, None if done is None else Note(_shown(path), done)
        note = note or Note(_shown(path), NOT_USABLE)
    return None, note


def _normal(value: Any, one: Sought, region: str | None) -> tuple[str | None, str | None]:
    if type(value) is str:
        return one.normal(value, region)
    whole = type(value) is int or (type(value) is float and value.is_integer())
    return one.normal(written(value), region) if whole else (None, None)


def origin(event: Event, one: Sought, region: str | None = None) -> tuple[str, Any]:
    """The path at which an event's identifier stands, and what stands there; "" for nowhere."""
    for path in one.paths:
        value = _read(event, path)
        if value is not None and _normal(value, one, region)[0]:
            return _shown(path), value
    return "", None


def _shown(path: Path) -> str:
    return "userId" if path == USER_ID else ".".join(path)


def _read(event: Event, path: Path) -> Any:
    value: Any = getattr(event, path[0])
    for name in path[1:]:
        if type(value) is not dict and not isinstance(value, Mapping):
            return None
        value = value.get(name)
    return value


def _of_case(case: Case) -> Normal:
    def normal(text: str, region: str | None) -> tuple[str | None, str | None]:
        said = text.strip()
        if case != "keep":
            said = said.lower() if case == "lower" else said.upper()
        return (said if len(said) <= LONGEST else None), None

    return normal


def folded(address: str, folding: Folding) -> tuple[str, str | None]:
    """The address that a normalised one stands for, and what was done to it."""
    local, _, domain = address.rpartition("@")
    done = None
    if domain in folding.domains:
        domain, done = folding.domains[domain], ALIASED
    if folding.plus and "+" in local[1:]:
        local, done = local[:1] + local[1:].partition("+")[0], FOLDED
    return f"{local}@{domain}", done


@lru_cache(maxsize=4096)
def normal_email(text: str) -> str | None:
    """The address in lower case, or None where it is none. Asks no DNS."""
    try:
        checked = validate_email(text.strip(), check_deliverability=False)
    except EmailNotValidError:
        return None
    return checked.normalized.lower()


@lru_cache(maxsize=4096)
def normal_phone(text: str, region: str | None) -> str | None:
    """E.164, or None where the number is none, or lacks a + and no region is set."""
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
