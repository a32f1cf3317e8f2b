"""The plan's mapping of an action is laid over the declaration's own.

| the plan has              | over an object, or a word around one | over anything else |
|---------------------------|--------------------------------------|--------------------|
| an object                 | it is laid over it, name by name     | it replaces it     |
| a word, a path or a list  | it replaces it                       | it replaces it     |
| null                      | the field is taken away              | the field is taken away |

Nothing laid over may touch who the contact is, take away what Cordial requires, or change consent.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from streams.actions.declaration import Action
from streams.core.consent import FORCE
from streams.core.guards import CHANGES_CONSENT, of_channel
from streams.core.mapping import held_key, is_object
from streams.core.mapping_part import OF_EVENTS
from streams.core.paths import WHOLE
from streams.core.trigger_text import path_of
from streams.plan.mappings import Check
from streams.plan.places import Finding, Path, suggestion

Body = tuple[str, ...]
IDENTITY: dict[str, tuple[Body, ...]] = {
    "top": (("identifiers",), ("identifiersPriority",)),
    "contact": (
        ("contact", "identifiers"),
        ("contact", "identifiersPriority"),
        ("contact", "canBeCreated"),
    ),
    "contacts": (("contacts",),),
    "merge": (("segmentIdKey",), ("segmentId",), ("anonymousId",), ("source",)),
    "none": (),
}
"""What routing says of the contact itself."""
ATTRIBUTES: tuple[Body, ...] = (("attributes",), ("contact", "attributes"))
GUARDED = (("contact",), *ATTRIBUTES)


def shaped(action: Action, over: Mapping[str, Any] | None) -> Action:
    """The action with the mapping of the plan over its own."""
    if not over:
        return action
    mapping = laid_over(action.mapping, over)
    return replace(action, mapping=mapping, sources=_sources(action, mapping))


def laid_over(base: Any, over: Any) -> Any:
    """The mapping that the table above says."""
    if not is_object(over):
        return over
    if is_object(base):
        made = {name: inner for name, inner in base.items() if over.get(name, inner) is not None}
        for name, inner in over.items():
            if inner is not None:
                made[name] = laid_over(base.get(name), inner)
        return made
    held = held_key(base)
    if held and fields_of(base) is not None:
        return {**base, held: laid_over(base[held], over)}
    return over


def problems(action: Action, over: Mapping[str, Any], at: Path) -> Iterator[Finding]:
    """What is wrong with the mapping that stands at `at`."""
    found = list(_Laid(action).problems(over, action.mapping, at, (), member=False))
    yield from found or _lacking(action, over, at)


def _lacking(action: Action, over: Mapping[str, Any], at: Path) -> Iterator[Finding]:
    """Lines that replace the action's own and lack what Cordial requires: none would ever go."""
    name = str(action.item_list)
    if name not in over:
        return
    required = [one for one, _ in action.item_required]
    for line in _lines(laid_over(action.mapping.get(name), over[name])):
        lacks = [one for one in required if one not in line]
        if lacks:
            what = f"replaces the action's own and lacks {', '.join(lacks)}: Cordial requires it"
            yield (*at, name), what, "map it, or write the fields alone to lay them over"


def _lines(spec: Any) -> Iterator[Mapping[str, Any]]:
    """The objects of fields that a list of lines is made of, as far as the mapping tells."""
    if is_object(spec):
        yield spec
    elif isinstance(spec, dict) and ("fn" not in spec or spec["fn"] == "one"):
        held = held_key(spec)
        yield from _lines(spec[held]) if held else ()


class _Laid:
    def __init__(self, action: Action) -> None:
        self._action = action
        self._check = Check()

    def problems(
        self, over: Mapping[str, Any], base: Any, at: Path, body: Body, *, member: bool
    ) -> Iterator[Finding]:
        fields, member = fields_of(base) or {}, member or bool(inside(base))
        if not is_object(over):
            yield at, "is a word", "an object of the body's fields is expected"
            return
        yield from self._check.names(over, at)
        for name, spec in over.items():
            place, there, inner = (*at, name), (*body, name), fields_of(fields.get(name))
            told = list(self._forbidden(spec, place, there))
            yield from told
            if told:
                continue
            if spec is None:
                yield from self._taken(name, fields, place, there)
            elif is_object(spec) and (inner or there in GUARDED):
                yield from self.problems(spec, fields.get(name, {}), place, there, member=member)
            else:
                yield from self._check.problems(spec, place, member=member)

    def _forbidden(self, spec: Any, at: Path, body: Body) -> Iterator[Finding]:
        if body in IDENTITY[self._action.identity]:
            told = "identity: of the plan and the settings say who the contact is"
            yield at, "is not for a mapping to say", told
        elif body == ("contact",) and not (is_object(spec) and spec):
            yield at, "holds who the contact is", "an object of its other fields is expected"
        elif body in ((FORCE,), ("contact", FORCE)):
            yield at, CHANGES_CONSENT, "consent: of the plan lists the events that may"
        elif body[:-1] in ATTRIBUTES and of_channel(f"{body[-1]}."):
            yield at, CHANGES_CONSENT, "a mapping cannot do that; consent: of the plan can"

    def _taken(
        self, name: str, fields: Mapping[str, Any], at: Path, body: Body
    ) -> Iterator[Finding]:
        action = self._action
        required: set[Body] = {(one,) for one, _ in action.required}
        required |= {(str(action.item_list), one) for one, _ in action.item_required}
        if body in required:
            yield at, "takes away what Cordial requires", "map something else"
        elif name not in fields:
            near = suggestion(name, fields) if fields else "there is nothing"
            yield at, "takes away what is not there", near


def fields_of(spec: Any) -> dict[str, Any] | None:
    """The object of fields that a mapping is, or that its words are around."""
    while (held := held_key(spec)) is not None:
        spec = spec[held]
    found: dict[str, Any] | None = spec if is_object(spec) else None
    return found


def _sources(action: Action, mapping: Mapping[str, Any]) -> dict[str, str]:
    """Where in the event what Cordial requires now comes from."""
    made = dict(action.sources)
    for name, spec in mapping.items():
        if spec != action.mapping.get(name):
            _told(made, name, origin(spec))
    if action.item_list is None or action.item_list not in mapping:
        return made
    now, before = mapping[action.item_list], action.mapping.get(action.item_list)
    fields, known = fields_of(now), fields_of(before) or {}
    members = inside(now)
    for name in dict.fromkeys((*(one for one, _ in action.item_required), *(made.keys() & known))):
        if fields is None:
            _told(made, name, f"{origin(now) or action.item_list}[].{name}")
        elif fields.get(name) != known.get(name) or members != inside(before):
            _told(made, name, origin(fields.get(name), members))
    return made


def _told(sources: dict[str, str], name: str, said: str | None) -> None:
    if said is None:
        sources.pop(name, None)
    else:
        sources[name] = said


def inside(spec: Any) -> str:
    """What stands before the paths of a list's members: `properties.products[].`."""
    while (held := held_key(spec)) is not None:
        if "each" in spec:
            return f"{origin(spec['each'])}[]."
        spec = spec[held]
    return ""


def origin(spec: Any, before: str = "") -> str | None:
    """The first path of the event that a mapping reads, whose own paths stand behind `before`."""
    found = _first_path(spec)
    if found is None:
        return None
    whole = found.startswith(f"{WHOLE}.")
    return found.removeprefix(f"{WHOLE}.") if whole else f"{before}{found}"


def _first_path(spec: Any) -> str | None:
    if isinstance(spec, str):
        return OF_EVENTS.origin(path_of(spec))
    if isinstance(spec, dict):
        if "const" in spec:
            return None
        if "each" in spec:
            return _first_path(spec["each"])
        held = held_key(spec)
        spec = [spec[held]] if held else list(spec.values())
    found = (_first_path(one) for one in spec or ())
    return next((one for one in found if one is not None), None)
