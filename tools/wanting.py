"""What an installation wants of its cluster, and no manifest says whether it is there."""

from collections.abc import Iterator
from typing import Any

from tools.installation import Document, Installation, only


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


def assumed(here: Installation) -> Iterator[str]:
    """How many workers there will be, and what the cluster has to have."""
    count = only(here.documents, "StatefulSet")["spec"].get("replicas", 1)
    scaled = [one["spec"] for one in here.of("ScaledObject")]
    for spec in scaled:
        count = f"{spec['minReplicaCount']} to {spec['maxReplicaCount']}, as KEDA finds"
    yield f"workers: {count}"
    triggers = [trigger["metadata"] for spec in scaled for trigger in spec["triggers"]]
    for address in (one["serverAddress"] for one in triggers if "serverAddress" in one):
        yield f"assumed: Prometheus is at {address}"
    spaces = {
        peer["namespaceSelector"]["matchLabels"]["kubernetes.io/metadata.name"]
        for one in here.of("NetworkPolicy")
        for rule in [*one["spec"].get("ingress", ()), *one["spec"].get("egress", ())]
        for peer in [*rule.get("from", ()), *rule.get("to", ())]
        if "kubernetes.io/metadata.name" in peer.get("namespaceSelector", {}).get("matchLabels", {})
    }
    if spaces:
        yield f"assumed: there are the namespaces {', '.join(sorted(spaces))}"
