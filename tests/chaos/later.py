"""Records as a later release would write them: a version more of each of our schemas."""

import json
import shutil
from pathlib import Path
from typing import Any

from streams.kafka import own
from streams.kafka.schemas import FOLDER

FIRST_ID = 1_950_000_000


def later_folder(directory: Path) -> Path:
    """Our schemas, and of each a next version with a field more."""
    folder = directory / "avro"
    shutil.copytree(FOLDER, folder)
    ids = json.loads((folder / "ids.json").read_text())
    newest = {file.split(".", 1)[0]: file for _, file in sorted(ids.items())}
    for number, (name, file) in enumerate(newest.items()):
        schema = json.loads((folder / file).read_text())
        said = {"name": "ofLater", "type": ["null", "string"], "default": None, "doc": "New."}
        schema["fields"].append(said)
        next_file = f"{name}.99.avsc"
        (folder / next_file).write_text(json.dumps(schema))
        ids[str(FIRST_ID + number)] = next_file
    (folder / "ids.json").write_text(json.dumps(ids))
    return folder


def encoded(name: str, record: dict[str, Any], folder: Path) -> bytes:
    """The record as the later release writes it."""
    return own.encode(name, {**record, "ofLater": "x"}, folder=folder)
