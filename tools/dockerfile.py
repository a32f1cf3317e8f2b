"""A Dockerfile as values: its stages, and what each instruction says. Pure.

What this repository's own has, and no more: commands in exec form, `KEY=value` pairs.
"""

import json
import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Instruction:
    """One instruction, its continued lines joined."""

    word: str
    rest: str

    @property
    def command(self) -> list[str]:
        """The words of a RUN, ENTRYPOINT or CMD. Raises `ValueError` where it is no exec form."""
        words = json.loads(self.rest)
        if not isinstance(words, list):
            raise ValueError(self.rest)  # noqa: TRY004 - bad text, not a bad type
        return [str(one) for one in words]

    @property
    def pairs(self) -> dict[str, str]:
        """What an ENV, LABEL or ARG sets."""
        said = shlex.split(self.rest)
        return {name: value for name, _, value in (one.partition("=") for one in said)}


@dataclass(frozen=True, slots=True)
class Stage:
    """From one FROM to the next."""

    base: str
    name: str
    instructions: tuple[Instruction, ...]

    def said(self, word: str) -> list[Instruction]:
        """All instructions of a word."""
        return [one for one in self.instructions if one.word == word]

    def last(self, word: str) -> Instruction:
        """The one that counts. Raises `IndexError` where there is none."""
        return self.said(word)[-1]


def stages(text: str) -> list[Stage]:
    """The stages of a file."""
    found: list[tuple[str, str, list[Instruction]]] = []
    for one in _instructions(text):
        if one.word == "FROM":
            base, _, name = one.rest.partition(" AS ")
            found.append((base, name, []))
        else:
            found[-1][2].append(one)
    return [Stage(base, name, tuple(said)) for base, name, said in found]


def _instructions(text: str) -> Iterator[Instruction]:
    bare = "\n".join(line for line in text.splitlines() if not line.lstrip().startswith("#"))
    for line in re.sub(r"\\\n", " ", bare).splitlines():
        if line.strip():
            word, _, rest = line.partition(" ")
            yield Instruction(word, " ".join(rest.split()))


def context(ignored: str) -> set[str]:
    """What of the directory enters a build, by a .dockerignore that names it by `!`."""
    return {line[1:] for line in ignored.splitlines() if line.startswith("!")}
