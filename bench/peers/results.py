"""What was measured, a line each, so that a run that was stopped goes on where it was."""

import json
from dataclasses import asdict
from pathlib import Path
from statistics import median
from typing import Any

from bench.peers.scenarios import Scenario


class Results:
    """The lines of one file. A line counts for the same scenario, contestant and version only."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._lines = (
            [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []
        )

    def has(self, scenario: Scenario, name: str, version: str, round_: int) -> bool:
        """Whether this round was played."""
        return any(line["round"] == round_ for line in self._of(scenario, name, version))

    def add(
        self, scenario: Scenario, name: str, version: str, round_: int, figures: dict[str, Any]
    ) -> None:
        """Keep a round."""
        line = {
            "scenario": asdict(scenario),
            "contestant": name,
            "version": version,
            "round": round_,
            "figures": figures,
        }
        self._lines.append(line)
        with self._file.open("a") as lines:
            lines.write(json.dumps(line) + "\n")

    def medians(self, scenario: Scenario, name: str, version: str) -> dict[str, Any]:
        """Of each figure over the rounds; violations are added up. Empty where none was played."""
        rounds = [line["figures"] for line in self._of(scenario, name, version)]
        if not rounds:
            return {}
        found: dict[str, Any] = {"rounds": len(rounds)}
        for key in rounds[0]:
            values = [one[key] for one in rounds if key in one]
            found[key] = sum(values) if key in SUMMED else median(values)
        return found

    def _of(self, scenario: Scenario, name: str, version: str) -> list[dict[str, Any]]:
        return [
            line
            for line in self._lines
            if (line["scenario"], line["contestant"], line["version"])
            == (asdict(scenario), name, version)
        ]


SUMMED = frozenset({"reordered", "lost", "doubled"})
