"""Writes docs/pages.openapi.json, the description of the worker's pages."""

import json
from pathlib import Path

from streams.web.openapi import openapi

FILE = Path(__file__).parents[1] / "docs" / "pages.openapi.json"


def written() -> str:
    """The file's text."""
    return json.dumps(openapi(), indent=2) + "\n"


if __name__ == "__main__":
    FILE.write_text(written())
