"""Where in the YAML text something stands, and how an error says it."""

import difflib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import yaml

Path = tuple[str | int, ...]


class PlanError(ValueError):
    """The plan cannot be used; the message names the place and the remedy."""


@dataclass(frozen=True, slots=True)
class Text:
    """The YAML text, for the lines of errors."""

    name: str
    root: yaml.Node | None

    def line(self, path: Path) -> int:
        """The line of what stands at the path, or of what is nearest to it."""
        node = self.root
        line = 1
        for step in path:
            inner = _child(node, step)
            if inner is None:
                break
            key, node = inner
            line = key.start_mark.line + 1
        return line


def said(text: Text, path: Path, what: str, remedy: str) -> str:
    """One line of an error: place, what is wrong, and the remedy."""
    return said_at(text.name, text.line(path), path, what, remedy)


def said_at(name: str, line: int, path: Path, what: str, remedy: str) -> str:
    """The same where the line is known."""
    place = ".".join(str(step) for step in path) or "the plan"
    return f"{name}, line {line}: {place} {what}" + (f"; {remedy}" if remedy else "")


def suggestion(name: str, known: Iterable[str]) -> str:
    """The known name that is nearest, or all of them."""
    close = difflib.get_close_matches(name, known, n=1)
    return f"did you mean {close[0]}?" if close else f"known are {', '.join(known)}"


def doubled(root: yaml.Node | None) -> Iterator[tuple[Path, int]]:
    """The keys that stand a second time in one mapping, with their line: YAML takes the last."""
    open_: list[tuple[Path, yaml.Node]] = [] if root is None else [((), root)]
    known: set[int] = set()
    while open_:
        path, node = open_.pop()
        if id(node) in known:
            continue
        known.add(id(node))
        names: set[str] = set()
        for key, value in node.value if isinstance(node, yaml.MappingNode) else ():
            if key.value in names:
                yield (*path, key.value), key.start_mark.line + 1
            names.add(key.value)
            open_.append(((*path, key.value), value))
        if isinstance(node, yaml.SequenceNode):
            open_ += [((*path, number), one) for number, one in enumerate(node.value)]


def _child(node: yaml.Node | None, step: str | int) -> tuple[yaml.Node, yaml.Node] | None:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if key.value == str(step):
                return key, value
    if isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
        return node.value[step], node.value[step]
    return None
