"""Checks the manifests of an installation: valid, and of one mind with the code and each other.

.cache/validators/kustomize build k8s/overlays/production | python -m tools.manifests
Several builds may follow each other, so that topics and users are looked at, too. Says what the
installation is and which Secrets it wants; exit 5 where anything is wrong.
"""

import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import kubernetes_validate
import yaml

from streams.exits import FAILED, OK
from streams.kafka.names import names_of
from streams.kafka.topics import keyed_topic
from streams.plan import Plan, PlanError, instance_names, parse_plan
from streams.settings import Settings
from streams.settings.errors import PREFIX, variables
from tools.flows import Flow, Right, flows, people_rights, scaler_rights, worker_rights

CRDS = Path(__file__).with_name("crds.yaml")
Document = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Installation:
    """What the manifests install: the plan, and the variables that they give with a value."""

    documents: list[Document]
    plan: Plan
    settings: Settings
    variables: Mapping[str, str | None]

    def of(self, kind: str) -> list[Document]:
        """All manifests of a kind."""
        return [one for one in self.documents if one["kind"] == kind]

    def topics(self) -> list[Flow]:
        """What it reads and writes; the count of partitions is that of the listed topics."""
        counts = [one["spec"]["partitions"] for one in self.of("KafkaTopic")]
        names = instance_names(self.plan)
        return flows(self.settings, self.plan.sources, names, counts[0] if counts else 1)


@cache
def crds() -> dict[str, Any]:
    """The schemas of what is not Kubernetes' own, by kind."""
    whole = yaml.safe_load(CRDS.read_text())
    return {kind: {"$defs": whole["$defs"], **one} for kind, one in whole["kinds"].items()}


def named(document: Document) -> str:
    """Kind and name."""
    return f"{document['kind']} {document['metadata']['name']}"


def invalid(document: Document) -> Iterator[str]:
    """What its schema refuses."""
    schema = crds().get(document["kind"])
    try:
        if schema is None:
            kubernetes_validate.validate(
                document, kubernetes_validate.latest_version(), strict=True
            )
        else:
            jsonschema.validate(document, schema)
    except jsonschema.ValidationError as error:
        yield f"{named(document)}: {'.'.join(map(str, error.path))}: {error.message}"
    except kubernetes_validate.SchemaNotFoundError:
        yield f"{named(document)}: nothing is known of {document['apiVersion']}"


def installation(documents: list[Document]) -> Installation:
    """What is installed. Raises `PlanError`, `ValueError`, `KeyError`."""
    pod = only(documents, "StatefulSet")["spec"]["template"]["spec"]
    [container] = pod["containers"]
    maps = {one["metadata"]["name"]: one["data"] for one in documents if one["kind"] == "ConfigMap"}
    given: dict[str, str | None] = {}
    for source in container["envFrom"]:
        given |= maps[source["configMapRef"]["name"]]
    given |= {one["name"]: one.get("value") for one in container["env"]}
    plans = [one["configMap"]["name"] for one in pod["volumes"] if "configMap" in one]
    plan = parse_plan(maps[plans[0]]["plan.yaml"])
    return Installation(documents, plan, _settings(given), given)


class _Given(Settings):
    """Settings of what is given, whatever the environment here says."""

    @classmethod
    def settings_customise_sources(
        cls, settings_cls: Any, init_settings: Any, *args: Any, **kwargs: Any
    ) -> tuple[Any, ...]:
        """What is given alone."""
        return (init_settings,)


def _settings(given: Mapping[str, str | None]) -> Settings:
    """The settings as the pods have them; what is unknown is told elsewhere."""
    known = {name for name, _ in variables(Settings)}
    nested: dict[str, Any] = {}
    for name, value in given.items():
        if value is not None and name in known:
            *parts, last = name.removeprefix(PREFIX).lower().split("__")
            place = nested
            for part in parts:
                place = place.setdefault(part, {})
            place[last] = value
    return _Given(**nested)


def only(documents: list[Document], kind: str) -> Document:
    """The one of a kind. Raises `ValueError`."""
    found = [one for one in documents if one["kind"] == kind]
    if len(found) != 1:
        raise ValueError(f"{len(found)} of the kind {kind} instead of one")
    return found[0]


def problems(documents: list[Document]) -> list[str]:
    """Everything that is wrong."""
    found = [what for one in documents for what in invalid(one)]
    try:
        here = installation(documents)
    except (PlanError, ValueError, KeyError) as error:
        return [*found, f"the worker: {error}"]
    return [*found, *_unknown(here), *_scaled(here), *_topics(here), *_users(here)]


def _unknown(here: Installation) -> Iterator[str]:
    known = {name for name, _ in variables(Settings)}
    yield from (f"{name}: no setting is called so" for name in here.variables if name not in known)


def _scaled(here: Installation) -> Iterator[str]:
    """A scaler has to look at this group and its keyed topic, as this worker reaches them."""
    keyed, kafka = keyed_topic(here.settings, here.plan.sources), here.settings.kafka
    wanted = {
        "topic": keyed,
        "consumerGroup": names_of(here.settings).app_id,
        "bootstrapServers": kafka.bootstrap,
    }
    for one in here.of("ScaledObject"):
        spec = one["spec"]
        for trigger in spec["triggers"]:
            said = trigger["metadata"]
            for name, value in wanted.items() if trigger["type"] == "kafka" else ():
                if said[name] != value:
                    yield f"{named(one)}: {name} is {said[name]}, and the worker's is {value}"
        count = here.topics()[0].spec.partitions
        if here.of("KafkaTopic") and spec["maxReplicaCount"] != count:
            most = spec["maxReplicaCount"]
            yield f"{named(one)}: maxReplicaCount is {most}, and there are {count} partitions"


def _topics(here: Installation) -> Iterator[str]:
    listed = {one["spec"]["topicName"]: one["spec"] for one in here.of("KafkaTopic")}
    if not listed:
        return
    wanted = {one.name: one.spec for one in here.topics() if one.kind != "source"}
    for name in sorted(wanted.keys() - listed.keys()):
        yield f"KafkaTopic {name}: is missing"
    for name in sorted(listed.keys() - wanted.keys()):
        yield f"KafkaTopic {name}: nothing reads or writes it with these settings and this plan"
    for name in sorted(wanted.keys() & listed.keys()):
        if listed[name]["partitions"] != wanted[name].partitions:
            yield f"KafkaTopic {name}: has another number of partitions than the others"
        config = {key: str(value) for key, value in listed[name].get("config", {}).items()}
        for key, value in wanted[name].config.items():
            if config.get(key) != value:
                yield f"KafkaTopic {name}: {key} is {config.get(key)} and must be {value}"


def _users(here: Installation) -> Iterator[str]:
    listed = {one["metadata"]["name"]: one for one in here.of("KafkaUser")}
    if not listed:
        return
    topics, group = here.topics(), names_of(here.settings).app_id
    first = here.settings.app_id
    keyed = keyed_topic(here.settings, here.plan.sources)
    name = here.settings.kafka.username
    if name not in listed:
        yield f"KafkaUser {name}: the worker's user is missing"
    for user, wanted in (
        (first, worker_rights(topics, group)),
        (f"{first}-people", people_rights(topics, group)),
        (f"{first}-scaler", scaler_rights(keyed, group)),
    ):
        if user in listed and rights_of(listed[user]) != set(wanted):
            yield f"KafkaUser {user}: has other rights than the code needs; write it anew"


def rights_of(user: Document) -> set[Right]:
    """What a KafkaUser may do."""
    return {
        Right(one["resource"]["type"], one["resource"]["name"], tuple(one["operations"]))
        for one in user["spec"]["authorization"]["acls"]
    }


def secrets(documents: list[Document]) -> dict[str, set[str]]:
    """The Secrets that must be there, and their keys."""
    found: dict[str, set[str]] = {}

    def look(value: Any) -> None:
        if isinstance(value, list):
            for one in value:
                look(one)
        elif isinstance(value, dict):
            if "secretName" in value:
                keys = {item["key"] for item in value.get("items", ())}
                found.setdefault(value["secretName"], set()).update(keys)
            for key in ("secretKeyRef", "credentials"):
                if key in value:
                    found.setdefault(value[key]["name"], set()).add(value[key]["key"])
            for one in value.get("secretTargetRef", ()):
                found.setdefault(one["name"], set()).add(one["key"])
            for one in value.values():
                look(one)

    look(documents)
    return found


def main() -> int:
    """Check what comes on standard input."""
    documents = [one for one in yaml.safe_load_all(sys.stdin) if one is not None]
    wrong = problems(documents)
    for one in wrong:
        print(one)
    if wrong:
        return FAILED
    here = installation(documents)
    names = names_of(here.settings)
    namespace = only(documents, "StatefulSet")["metadata"].get("namespace", "default")
    print("all manifests are valid and of one mind")
    print(f"keyed topic {keyed_topic(here.settings, here.plan.sources)}")
    print(f"group {names.app_id}, prefix {names.prefix}")
    print(f"Secrets to make in {namespace}:")
    for name, keys in sorted(secrets(documents).items()):
        print(f"  {name}: {', '.join(sorted(keys))}")
    return OK


if __name__ == "__main__":
    sys.exit(main())
