"""Array attributes: a list replaces what the contact has, `{add, remove}` changes it. Pure.

| first           | then            | together                                            |
|-----------------|-----------------|-----------------------------------------------------|
| anything        | a list          | the list                                            |
| a list          | `{add, remove}` | the list, without what goes and with what comes     |
| `{add, remove}` | `{add, remove}` | both: what comes no longer goes, and the other way  |
| anything else   | `{add, remove}` | the change                                          |
"""

from typing import Any

WORDS = ("add", "remove")


def is_change(value: Any) -> bool:
    """Whether it changes an array and does not replace it."""
    return type(value) is dict and bool(value) and all(word in WORDS for word in value)


def as_change(value: dict[str, Any]) -> dict[str, list[Any]] | None:
    """The change with lists, a single value as one of it; None where it changes nothing."""
    lists = {word: one if isinstance(one, list) else [one] for word, one in value.items()}
    return {word: one for word, one in lists.items() if one} or None


def together(first: Any, then: Any) -> Any:
    """One value that does what the two do, one after the other."""
    if not is_change(then):
        return then
    add, remove = list(then.get("add", ())), list(then.get("remove", ()))
    if isinstance(first, list):
        return _with(_without(first, remove), add)
    if not is_change(first):
        return then
    both = {
        "add": _with(_without(first.get("add", ()), remove), add),
        "remove": _with(_without(first.get("remove", ()), add), remove),
    }
    return {word: members for word, members in both.items() if members} or then


def _without(members: Any, gone: list[Any]) -> list[Any]:
    return [one for one in members if not any(_same(one, other) for other in gone)]


def _with(members: list[Any], more: list[Any]) -> list[Any]:
    return [*members, *_without(more, members)]


def _same(one: Any, other: Any) -> bool:
    """Equal as JSON: true is not 1."""
    return isinstance(one, bool) == isinstance(other, bool) and bool(one == other)
