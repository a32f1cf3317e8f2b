"""The deployment's files as values, and what the code says they may name."""

import json
import os
import re
import shutil
from collections.abc import Iterator
from importlib.metadata import distribution
from pathlib import Path
from typing import Any, NoReturn

import pytest
import yaml

from streams.settings import Settings
from streams.settings.errors import variables

ROOT = Path(__file__).parents[2]
COMPOSE = ROOT / "docker-compose.yml"
K8S = ROOT / "k8s"
K8S_BASE = K8S / "base"
K8S_TOPICS = K8S / "strimzi" / "topics.yaml"
SCALED = K8S / "components" / "keda" / "scaled-object.yaml"
PROMETHEUS = ROOT / "deploy" / "prometheus" / "prometheus.yml"
RULES = ROOT / "deploy" / "prometheus" / "rules.yml"
ALERT_TESTS = sorted((ROOT / "tests" / "deploy" / "alerts").glob("*.yml"))
DASHBOARDS = sorted((ROOT / "deploy" / "grafana" / "dashboards").glob("*.json"))


def documents(path: Path) -> list[Any]:
    """All documents of a YAML file."""
    return [one for one in yaml.safe_load_all(path.read_text()) if one is not None]


def compose() -> dict[str, Any]:
    [whole] = documents(COMPOSE)
    return whole


def manifest(kind: str) -> dict[str, Any]:
    """The one manifest of this kind in the base."""
    [found] = [
        one
        for path in sorted(K8S_BASE.glob("*.yaml"))
        for one in documents(path)
        if one.get("kind") == kind
    ]
    return found


def worker_container() -> dict[str, Any]:
    [container] = manifest("StatefulSet")["spec"]["template"]["spec"]["containers"]
    return container


def generated(name: str) -> dict[str, Any]:
    """The entry of the kustomization that makes the ConfigMap `name`."""
    [found] = [
        one for one in manifest("Kustomization")["configMapGenerator"] if one["name"] == name
    ]
    return found


def kubernetes_settings() -> dict[str, str | None]:
    """Every variable the pods get, with its value where the manifests hold it."""
    literals = generated("cordial-streams-settings")["literals"]
    pairs = dict(literal.split("=", 1) for literal in literals)
    return pairs | {one["name"]: one.get("value") for one in worker_container()["env"]}


def setting_names() -> set[str]:
    """Every variable the settings know."""
    return {name for name, _ in variables(Settings)}


def dashboards() -> list[dict[str, Any]]:
    return [json.loads(path.read_text()) for path in DASHBOARDS]


def expressions() -> Iterator[tuple[str, str]]:
    """Dashboard with panel, and PromQL, of each target, each alert mark and each choice."""
    for whole in dashboards():
        for panel in whole["panels"]:
            for target in panel.get("targets", []):
                yield f"{whole['title']}: {panel['title']}", target["expr"]
        for mark in whole["annotations"]["list"]:
            yield f"{whole['title']}: {mark['name']}", mark["expr"]
        for choice in whole["templating"]["list"]:
            found = re.fullmatch(r"label_values\((\S+), (\w+)\)", choice.get("definition", ""))
            if found:
                series, label = found.groups()
                yield f"{whole['title']}: {choice['name']}", f"count by ({label}) ({series})"


def vendored_schema(name: str) -> dict[str, Any]:
    """A schema that check-jsonschema brings along; the tool itself is not imported."""
    path = f"check_jsonschema/builtin_schemas/vendor/{name}.json"
    schema: dict[str, Any] = json.loads(
        Path(str(distribution("check-jsonschema").locate_file(path))).read_text()
    )
    return schema


def promtool() -> str:
    """Where promtool is; skips, or fails where nothing may be skipped."""
    return unpacked("promtool") or missing("promtool is missing: run .ci/promtool")


def unpacked(name: str) -> str | None:
    """Where promtool or prometheus is, installed or as `.ci/promtool` unpacked it."""
    here = ROOT / ".cache" / "promtool" / "usr" / "bin" / name
    return shutil.which(name) or (str(here) if here.exists() else None)


def validator(name: str) -> Path:
    """What `.ci/validators` fetched; skips, or fails where nothing may be skipped."""
    path = ROOT / ".cache" / "validators" / name
    return path if path.exists() else missing(f"{name} is missing: run make validators")


def missing(what: str) -> NoReturn:
    """End the test here."""
    verdict = pytest.fail if os.environ.get("CORDIAL_STREAMS_REQUIRE") == "1" else pytest.skip
    verdict(what)
