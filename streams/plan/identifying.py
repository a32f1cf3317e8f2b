"""Identifiers of the plan: what is wrong with them, and what routing and deciding go by."""

import re
from collections.abc import Iterator

from streams.actions.declaration import Action
from streams.core.action_names import ACTIVITY, CONTACT
from streams.core.filters import one_field
from streams.core.identities import Completing
from streams.core.identity import (
    PRIORITY,
    AccountKeys,
    Folding,
    Sought,
    sought_email,
    sought_id,
    sought_phone,
    sought_user,
)
from streams.plan.filtering import path_problem
from streams.plan.model import ActionPlan, IdentityPlan, Plan
from streams.plan.places import Finding, Path, PlanError, suggestion

DOMAIN = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z][a-z0-9-]*[a-z0-9]")
MERGING = (CONTACT, ACTIVITY)
"""The actions of which Cordial documents that their requests may merge contacts."""


def problems(plan: Plan) -> Iterator[Finding]:
    """What is wrong with the plan's identifiers."""
    said, at = plan.identity, ("identity",)
    known = (*PRIORITY, *said.keys)
    for number, name in enumerate(said.priority):
        if name not in known:
            yield (*at, "priority", number), f"{name} is no identifier", suggestion(name, known)
        elif name in said.priority[:number]:
            yield (*at, "priority", number), f"has {name} twice", "name each once"
    for name, key in said.keys.items():
        place = (*at, "keys", name)
        if name in PRIORITY:
            yield place, "is an identifier already", "call it what the account calls it"
        elif not name.strip():
            yield place, "has no name", "call it what the account calls it"
        elif name not in said.priority:
            yield place, "has no place in identity.priority", "name it there"
        yield from _path_problems(key.paths, (*place, "paths"))
    yield from _path_problems(said.email.paths, (*at, "email", "paths"))
    yield from _path_problems(said.phone.paths, (*at, "phone", "paths"))
    yield from _domain_problems(said, (*at, "email", "alias_domains"))
    for name, action in plan.actions.items():
        if action.merge_options is not None and (action.action or name) not in MERGING:
            what = f"is for {' and '.join(MERGING)}"
            yield ("actions", name, "merge_options"), what, "take it away"


def _path_problems(paths: list[str], at: Path) -> Iterator[Finding]:
    for number, text in enumerate(paths):
        yield from path_problem(one_field, text, (*at, number))


def _domain_problems(said: IdentityPlan, at: Path) -> Iterator[Finding]:
    names = {name.lower() for name in said.email.alias_domains}
    for name, main in said.email.alias_domains.items():
        for domain in (name, main):
            if not DOMAIN.fullmatch(domain.lower()):
                yield (*at, name), f"{domain} is no domain", "write it as in googlemail.com"
        if main.lower() in names:
            what = f"leads to {main}, which is an alias itself"
            yield (*at, name), what, "name the domain that is to be written"


def sought(said: IdentityPlan, keys: AccountKeys) -> tuple[Sought, ...]:
    """What is looked for in events, in the order of the priority. Raises `PlanError`."""
    email, user = said.email, said.user_id
    plain = not (email.fold_plus_addresses or email.alias_domains)
    domains = {name.lower(): main.lower() for name, main in email.alias_domains.items()}
    folding = None if plain else Folding(email.fold_plus_addresses, domains)
    made = {
        "user": sought_user(keys, user.case),
        "email": sought_email(keys, [one_field(path) for path in email.paths], folding),
        "phone": sought_phone(keys, [one_field(path) for path in said.phone.paths]),
    }
    taken = {one.key: name for name, one in made.items() if one is not None}
    for name, key in said.keys.items():
        if name in taken:
            text = f"identity.keys.{name} is what the settings call the {taken[name]} already"
            raise PlanError(f"{text}; take it away, or correct the setting")
        paths = [one_field(path) for path in key.paths]
        made[name] = sought_id(name, paths, key.case)
    return tuple(one for name in said.priority if (one := made[name]) is not None)


def completing(
    action: Action, said: IdentityPlan, keys: AccountKeys, found: tuple[Sought, ...]
) -> Completing | None:
    """How commands of an action are completed; None: not at all."""
    place = action.identity
    if place == "merge" or place == "none" or not said.learn:
        return None
    return Completing(
        place=place,
        names={one.key: one.priority_name for one in found},
        attributes={keys.email: "email", **{name: name for name in said.keys}},
        user=keys.segment_id or None,
        moves=action.name == CONTACT,
    )


def merge_options(
    name: str, asked: ActionPlan, found: tuple[Sought, ...]
) -> dict[str, object] | None:
    """What an instance's requests say of merging; None: nothing. Raises `PlanError`."""
    said = asked.merge_options
    if said is None:
        return None
    known = list(dict.fromkeys(key for one in found for key in (one.key, one.priority_name)))
    for key in said.mergeableSecondaryKeys:
        if key not in known:
            at = f"actions.{name}.merge_options.mergeableSecondaryKeys"
            raise PlanError(f"{at}: {key} is no identifier here; {suggestion(key, known)}")
    return said.model_dump()
