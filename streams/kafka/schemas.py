"""Our own schemas: where their files are, their ids, and whether they are sound.

The files are in `avro/`; the link `streams/_avro` makes them part of the package, so a checkout
and a wheel find them alike. `ids.json` maps an id to a file and only grows: a schema is never
edited under its id, its next version is a new file (`seen.2.avsc`) with a new id.
The ids lie far above those a company's registry hands out, so none is taken for the other.
"""

import hashlib
import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from uuid import UUID

import avro.schema

FOLDER = Path(__file__).parent.parent / "_avro"


@dataclass(frozen=True, slots=True)
class OwnSchema:
    """One schema file. `name` is the file's name up to its first dot."""

    id: int
    name: str
    file: str
    text: str

    @property
    def fingerprint(self) -> str:
        """SHA-256, in hex, of all that matters to a reader or writer: everything but docs."""
        bare = json.dumps(_without_docs(json.loads(self.text)), sort_keys=True)
        return hashlib.sha256(bare.encode()).hexdigest()

    @property
    def guid(self) -> UUID:
        """The id that stands for the schema in headers: the first half of the fingerprint."""
        return UUID(self.fingerprint[:32])


@dataclass(frozen=True, slots=True)
class Problem:
    """A schema file that cannot be used, and why."""

    file: str
    reason: str


@cache
def own_schemas(folder: Path = FOLDER) -> dict[int, OwnSchema]:
    """Every schema of `ids.json` by id."""
    ids: dict[str, str] = json.loads((folder / "ids.json").read_text("utf-8"))
    return {
        int(number): OwnSchema(
            int(number), file.split(".", 1)[0], file, (folder / file).read_text("utf-8")
        )
        for number, file in ids.items()
    }


def check_schemas(folder: Path = FOLDER) -> tuple[Problem, ...]:
    """Parse every schema file with the reference implementation; what is wrong, file by file."""
    problems: list[Problem] = []
    try:
        listed = set(json.loads((folder / "ids.json").read_text("utf-8")).values())
    except (OSError, ValueError, AttributeError) as error:
        return (Problem("ids.json", f"cannot be read: {error}"),)
    present = {entry.name for entry in folder.iterdir() if entry.name.endswith(".avsc")}
    problems += [Problem(file, "has an id and does not exist") for file in listed - present]
    problems += [Problem(file, "has no id in ids.json") for file in present - listed]
    for file in sorted(present & listed):
        try:
            avro.schema.parse((folder / file).read_text("utf-8"))
        except (avro.schema.AvroException, OSError, ValueError, KeyError, TypeError) as error:
            problems.append(Problem(file, f"is no Avro schema: {error}"))
    return tuple(sorted(problems, key=lambda problem: problem.file))


def _without_docs(schema: Any) -> Any:
    if isinstance(schema, dict):
        return {key: _without_docs(value) for key, value in schema.items() if key != "doc"}
    if isinstance(schema, list):
        return [_without_docs(item) for item in schema]
    return schema
