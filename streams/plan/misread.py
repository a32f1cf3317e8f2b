"""What YAML takes for something else than what is written: numbers that are none.

YAML 1.1 reads 12:30 as 750, 0123 as 83 and 1_000 as 1000; an editor, which reads YAML 1.2, shows
nothing of it. Such a scalar without quotes is an error. Pure.
"""

import re
from collections.abc import Iterator

import yaml

from streams.plan.places import Path

NUMBERS = ("tag:yaml.org,2002:int", "tag:yaml.org,2002:float")
AS_WRITTEN = re.compile(r"[-+]?(?:0|[1-9]\d*)(?:\.\d*)?(?:[eE][-+]?\d+)?|[-+]?\.\d+")
Misread = tuple[Path, int, str]
"""Where, in which line, and what it says."""


def misread(root: yaml.Node | None) -> Iterator[Misread]:
    """The numbers of a text that YAML reads otherwise than they are written."""
    known: set[int] = set()
    open_: list[tuple[Path, yaml.Node]] = [] if root is None else [((), root)]
    while open_:
        path, node = open_.pop()
        if id(node) in known:
            continue
        known.add(id(node))
        if isinstance(node, yaml.MappingNode):
            for key, value in node.value:
                name = str(key.value) if isinstance(key, yaml.ScalarNode) else "?"
                open_ += [((*path, name), key), ((*path, name), value)]
        elif isinstance(node, yaml.SequenceNode):
            open_ += [((*path, number), one) for number, one in enumerate(node.value)]
        elif _number(node) and not AS_WRITTEN.fullmatch(node.value):
            yield path, node.start_mark.line + 1, str(node.value)


def _number(node: yaml.Node) -> bool:
    finite = str(node.value).lower().lstrip("+-") not in (".inf", ".nan")
    return node.tag in NUMBERS and finite
