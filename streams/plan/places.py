"""Where in the YAML text something stands, and how an error says it."""

import difflib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import yaml

Path = tuple[str | int, ...]
Finding = tuple[Path, str, str]
"""Where, what is wrong or doubtful there, and the remedy."""
MERGE = "tag:yaml.org,2002:merge"
FLAG = "tag:yaml.org,2002:bool"


@dataclass(frozen=True, slots=True)
class Wrong:
    """One thing that is wrong: in which file and line, at which path, what, and the remedy."""

    file: str
    line: int
    path: Path
    what: str
    remedy: str

    @property
    def place(self) -> str:
        """The path as errors say it."""
        return ".".join(str(step) for step in self.path) or "the plan"

    def __str__(self) -> str:
        remedy = f"; {self.remedy}" if self.remedy else ""
        return f"{self.file}, line {self.line}: {self.place} {self.what}{remedy}"


class PlanError(ValueError):
    """The plan cannot be used; the message names each place and the remedy."""

    def __init__(self, message: str, wrong: tuple[Wrong, ...] = ()) -> None:
        super().__init__(message)
        self.wrong = wrong

    @classmethod
    def of(cls, wrong: Iterable[Wrong]) -> "PlanError":
        """The error that says all of these, a line each, in the order of the file."""
        told = tuple(sorted(wrong, key=lambda one: one.line))
        return cls("\n".join(map(str, told)), told)


@dataclass(frozen=True, slots=True)
class Text:
    """The YAML text, for the lines of errors and of values."""

    name: str
    root: yaml.Node | None

    def line(self, path: Path) -> int:
        """The line of what stands at the path, or of what is nearest to it."""
        return self._walk(path)[0]

    def line_of(self, path: Path) -> int | None:
        """The line of what stands at the path; None where nothing does."""
        line, whole = self._walk(path)
        return line if whole and self.root is not None else None

    def written(self, path: Path) -> Path:
        """The path with its names as the text spells them: YAML takes `no` for a flag."""
        node, steps = self.root, list(path)
        for number, step in enumerate(path):
            inner = _child(node, step)
            if inner is None:
                break
            key, holder, node = inner[0], node, inner[1]
            if isinstance(holder, yaml.MappingNode) and isinstance(key, yaml.ScalarNode):
                steps[number] = key.value
        return tuple(steps)

    def _walk(self, path: Path) -> tuple[int, bool]:
        node, line = self.root, 1
        for step in path:
            inner = _child(node, step)
            if inner is None:
                return line, False
            key, node = inner
            line = key.start_mark.line + 1
        return line, True


def said(text: Text, path: Path, what: str, remedy: str) -> Wrong:
    """What is wrong at a path of the text, and the remedy."""
    return Wrong(text.name, text.line(path), text.written(path), what, remedy)


def suggestion(name: str, known: Iterable[str]) -> str:
    """The known name that is nearest, or all of them."""
    near = nearest(name, known)
    return f"did you mean {near}?" if near else f"known are {', '.join(known)}"


def nearest(name: str, known: Iterable[str], cutoff: float = 0.6) -> str | None:
    """The known name that is nearest, whatever the case of its letters; None where none is near.

    `cutoff`: how much of it must be alike, 1 for all.
    """
    folded = {one.lower(): one for one in sorted(known, reverse=True)}
    near = difflib.get_close_matches(name.lower(), folded, n=1, cutoff=cutoff)
    return folded[near[0]] if near else None


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
            if str(step) in (key.value, *_flag(key)):
                return key, value
        for key, value in node.value:
            merged = value.value if isinstance(value, yaml.SequenceNode) else [value]
            for one in merged if key.tag == MERGE else ():
                found = _child(one, step)
                if found is not None:
                    return found
    if isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
        return node.value[step], node.value[step]
    return None


def _flag(key: yaml.Node) -> tuple[str, ...]:
    """How else an error may call a name that YAML takes for a flag, such as `no`."""
    if key.tag != FLAG:
        return ()
    flag = yaml.SafeLoader.bool_values[key.value.lower()]
    return str(flag), str(int(flag))
