"""Checks the manifests of an installation: valid, and of one mind with the code and each other.

.cache/validators/kustomize build k8s/overlays/production | python -m tools.manifests
Several builds may follow each other, so that topics and users are looked at, too. Says what the
installation is and which Secrets it wants; exit 5 where anything is wrong.
"""

import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import kubernetes_validate
import yaml

from streams.exits import FAILED, OK
from streams.kafka.names import names_of
from streams.kafka.topics import keyed_topic
from streams.plan import PlanError, instance_names
from tools.flows import Right, migration_user, users
from tools.installation import Document, Installation, beside, installation, only
from tools.starting import refusals
from tools.wanting import assumed, secrets

SASL = {
    "": "none",
    "PLAIN": "plaintext",
    "SCRAM-SHA-256": "scram_sha256",
    "SCRAM-SHA-512": "scram_sha512",
}
"""KEDA's words for mechanisms."""
UNSAID = {"sasl": "none", "tls": "disable"}
CRDS = Path(__file__).with_name("crds.yaml")


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


def problems(documents: list[Document]) -> list[str]:
    """Everything that is wrong."""
    return [*(what for one in documents for what in invalid(one)), *unfit(documents)]


def unfit(documents: list[Document]) -> list[str]:
    """What does not fit together, or the code, though it may be valid."""
    try:
        here = installation(documents)
    except (PlanError, ValueError, KeyError) as error:
        return [f"the worker: {line}" for line in str(error).splitlines()]
    looks = (refusals, _beside, _scaled, _let_out, _topics, _users)
    return [what for look in looks for what in look(here)]


def _beside(here: Installation) -> Iterator[str]:
    """What is wrong with pods of people's commands and of a migration."""
    known = {one["metadata"]["name"] for one in here.of("KafkaUser")}
    for workload in beside(here.documents):
        who = workload["metadata"]["name"]
        try:
            there = installation(here.documents, workload)
        except (ValueError, KeyError) as error:
            yield f"{who}: {error}"
            continue
        yield from refusals(there)
        name = there.settings.kafka.username
        if known and name not in known and name != migration_user(here.settings):
            yield f"{who}: its user {name} is not among those of the Kafka"


def _scaled(here: Installation) -> Iterator[str]:
    """A scaler has to look at this group and its keyed topic, as this worker reaches them."""
    keyed, kafka = keyed_topic(here.settings, here.plan.sources), here.settings.kafka
    sasl = kafka.sasl_mechanism if kafka.security.startswith("SASL") else ""
    wanted = {
        "topic": keyed,
        "consumerGroup": names_of(here.settings).app_id,
        "bootstrapServers": kafka.bootstrap,
        "sasl": SASL[sasl],
        "tls": "enable" if kafka.security.endswith("SSL") else "disable",
    }
    for one in here.of("ScaledObject"):
        spec = one["spec"]
        if "replicas" in only(here.documents, "StatefulSet")["spec"]:
            yield f"{named(one)}: says how many pods, and the StatefulSet has replicas, too"
        if spec["minReplicaCount"] > spec["maxReplicaCount"]:
            yield f"{named(one)}: minReplicaCount is more than maxReplicaCount"
        for trigger in spec["triggers"]:
            said = trigger["metadata"]
            for name, value in wanted.items() if trigger["type"] == "kafka" else ():
                if said.get(name, UNSAID.get(name)) != value:
                    yield f"{named(one)}: {name} is {said.get(name)}, and the worker's is {value}"
        count = here.topics()[0].spec.partitions
        if here.of("KafkaTopic") and spec["maxReplicaCount"] != count:
            most = spec["maxReplicaCount"]
            yield f"{named(one)}: maxReplicaCount is {most}, and there are {count} partitions"


def _let_out(here: Installation) -> Iterator[str]:
    """A network policy has to let out to the broker's ports."""
    brokers = here.settings.kafka.bootstrap.split(",")
    wanted = {int(one.rpartition(":")[2]) for one in brokers if one.rpartition(":")[2].isdecimal()}
    for one in here.of("NetworkPolicy"):
        rules = one["spec"].get("egress", ())
        if not all(rule.get("ports") for rule in rules):
            continue
        ports = {port["port"] for rule in rules for port in rule["ports"]}
        for port in sorted(wanted - ports):
            yield f"{named(one)}: lets nobody out to the port {port}, which is a broker's"


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
    name = here.settings.kafka.username
    if name not in listed:
        yield f"KafkaUser {name}: the worker's user is missing"
    wanted = users(here.settings, here.plan.sources, instance_names(here.plan))
    for user, rights in wanted.items():
        if user in listed and rights_of(listed[user]) != set(rights):
            yield f"KafkaUser {user}: has other rights than the code needs; write it anew"


def rights_of(user: Document) -> set[Right]:
    """What a KafkaUser may do."""
    return {
        Right(one["resource"]["type"], one["resource"]["name"], tuple(one["operations"]))
        for one in user["spec"]["authorization"]["acls"]
    }


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
    for line in assumed(here):
        print(line)
    print(f"Secrets to make in {namespace}:")
    for name, keys in sorted(secrets(documents).items()):
        print(f"  {name}: {', '.join(sorted(keys))}")
    return OK


if __name__ == "__main__":
    sys.exit(main())
