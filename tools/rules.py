"""Writes the alert rules as the Prometheus operator takes them: k8s/…/rules.yaml."""

from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[1]
RULES = ROOT / "deploy" / "prometheus" / "rules.yml"
FILE = ROOT / "k8s" / "components" / "prometheus-operator" / "rules.yaml"
HEAD = "# Written by `make docs` from deploy/prometheus/rules.yml.\n"


def written() -> str:
    """The file's text."""
    made: dict[str, Any] = {
        "apiVersion": "monitoring.coreos.com/v1",
        "kind": "PrometheusRule",
        "metadata": {"name": "cordial-streams"},
        "spec": yaml.safe_load(RULES.read_text()),
    }
    return HEAD + yaml.safe_dump(made, sort_keys=False, width=1000)


if __name__ == "__main__":
    FILE.write_text(written())
