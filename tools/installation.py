"""What the manifests of an installation install: its plan, its settings, its topics."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from streams.plan import Plan, instance_names, parse_plan
from streams.settings import Settings, SettingsError
from streams.settings.errors import PREFIX, explained, unknown, variables
from tools.flows import Flow, flows

Document = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Installation:
    """What the manifests install: the plan, and the variables that they give with a value.

    `workload` is whose pod has them: the workers' or, as `beside` finds them, another one's.
    """

    documents: list[Document]
    workload: Document
    plan: Plan
    settings: Settings
    variables: Mapping[str, str | None]

    def of(self, kind: str) -> list[Document]:
        """All manifests of a kind."""
        return [one for one in self.documents if one["kind"] == kind]

    @property
    def pod(self) -> Document:
        """The pod of the workload."""
        spec: Document = self.workload["spec"]["template"]["spec"]
        return spec

    @property
    def is_workers(self) -> bool:
        """Whether it is the workers'."""
        return bool(self.workload["kind"] == "StatefulSet")

    def topics(self) -> list[Flow]:
        """What it reads and writes; the count of partitions is that of the listed topics."""
        counts = [one["spec"]["partitions"] for one in self.of("KafkaTopic")]
        names = instance_names(self.plan)
        return flows(self.settings, self.plan.sources, names, counts[0] if counts else 1)


def installation(documents: list[Document], workload: Document | None = None) -> Installation:
    """What is installed, as the workers have it, or a workload beside them.

    Raises `PlanError`, `SettingsError`, `ValueError`, `KeyError`.
    """
    workload = workload or only(documents, "StatefulSet")
    pod = workload["spec"]["template"]["spec"]
    [container] = pod["containers"]
    maps = config_maps(documents)
    given: dict[str, str | None] = {}
    for source in container["envFrom"]:
        given |= maps[source["configMapRef"]["name"]]
    given |= {one["name"]: one.get("value") for one in container["env"]}
    plans = [one["configMap"]["name"] for one in pod["volumes"] if "configMap" in one]
    if not plans:
        raise ValueError("its pod has no plan: no volume of it is a ConfigMap")
    plan = parse_plan(maps[plans[0]]["plan.yaml"])
    return Installation(documents, workload, plan, _settings(given), given)


def beside(documents: list[Document]) -> list[Document]:
    """The workloads that run commands of ours beside the workers."""
    return [one for one in documents if one["kind"] in ("Deployment", "Job")]


def config_maps(documents: list[Document]) -> dict[str, dict[str, str]]:
    """The texts of each ConfigMap."""
    return {one["metadata"]["name"]: one["data"] for one in documents if one["kind"] == "ConfigMap"}


class _Given(Settings):
    """Settings of what is given, whatever the environment here says."""

    @classmethod
    def settings_customise_sources(
        cls, settings_cls: Any, init_settings: Any, *args: Any, **kwargs: Any
    ) -> tuple[Any, ...]:
        """What is given alone."""
        return (init_settings,)


def _settings(given: Mapping[str, str | None]) -> Settings:
    """The settings as the pods have them, refused as a worker refuses them.

    Raises `SettingsError`.
    """
    known = {name for name, _ in variables(Settings)}
    problems = list(unknown({name: value or "" for name, value in given.items()}, Settings))
    nested: dict[str, Any] = {}
    for name, value in given.items():
        if value is not None and name in known:
            *parts, last = name.removeprefix(PREFIX).lower().split("__")
            place = nested
            for part in parts:
                place = place.setdefault(part, {})
            place[last] = value
    try:
        settings = _Given(**nested)
    except ValidationError as error:
        problems += explained(error, Settings)
    if problems:
        raise SettingsError(problems)
    return settings


def only(documents: list[Document], kind: str) -> Document:
    """The one of a kind. Raises `ValueError`."""
    found = [one for one in documents if one["kind"] == kind]
    if len(found) != 1:
        raise ValueError(f"{len(found)} of the kind {kind} instead of one")
    return found[0]
