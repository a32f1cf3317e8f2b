"""Writes Strimzi's manifests: every topic of ours, and the users with the rights that they need.

`make docs` writes those of k8s/strimzi, for the example's plan. For a plan of your own:
python -m tools.topics --plan FILE --partitions N --out DIRECTORY, with your CORDIAL_STREAMS_*
variables, which name prefix and application id. The company's own topics are not among them.
"""

import argparse
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import yaml

from streams.kafka.names import names_of
from streams.kafka.topics import TopicSpec, keyed_topic
from streams.plan import Plan, instance_names, load_plan
from streams.settings import Settings, load
from tools.flows import Right, flows, people_rights, scaler_rights, worker_rights

K8S = Path(__file__).parents[1] / "k8s"
FOLDER = K8S / "strimzi"
FILE = FOLDER / "topics.yaml"
CLUSTER = "kafka"
PARTITIONS = 12
REPLICAS = 3
API = "kafka.strimzi.io/v1"
TOPICS_HEAD = """\
# Written by `{by}` from the code; `cordial-streams topics apply` makes the same ones.
# {partitions} partitions: as many as the keyed topic has. The cluster's name is `{cluster}`.
"""
USERS_HEAD = """\
# Written by `{by}` from the code: what it asks the broker for, and no more.
# The worker's user, that of people's commands, and that of whoever measures the lag.
"""


def resource(topic: TopicSpec, cluster: str, replicas: int) -> dict[str, Any]:
    """The operator's description of a topic; its own name must be lower-case."""
    config: dict[str, Any] = {
        name: int(value) if value.isdecimal() else value
        for name, value in sorted(topic.config.items())
    }
    return _named("KafkaTopic", topic.name.lower(), cluster) | {
        "spec": {
            "topicName": topic.name,
            "partitions": topic.partitions,
            "replicas": replicas,
            "config": config,
        },
    }


def user(name: str, rights: Iterable[Right], cluster: str) -> dict[str, Any]:
    """The operator's description of a user; the operator makes the password."""
    acls = [
        {
            "resource": {"type": right.kind, "name": right.name, "patternType": "literal"},
            "operations": list(right.operations),
        }
        for right in rights
    ]
    spec = {
        "authentication": {"type": "scram-sha-512"},
        "authorization": {"type": "simple", "acls": acls},
    }
    return _named("KafkaUser", name, cluster) | {"spec": spec}


def _named(kind: str, name: str, cluster: str) -> dict[str, Any]:
    metadata = {"name": name, "labels": {"strimzi.io/cluster": cluster}}
    return {"apiVersion": API, "kind": kind, "metadata": metadata}


def manifests(
    settings: Settings,
    plan: Plan,
    partitions: int = PARTITIONS,
    cluster: str = CLUSTER,
    by: str = "make docs",
) -> dict[str, str]:
    """Each file by its name."""
    found = flows(settings, plan.sources, instance_names(plan), partitions)
    replicas = settings.kafka.replication_factor
    name, group = settings.app_id, names_of(settings).app_id
    topics = [resource(one.spec, cluster, replicas) for one in found if one.kind != "source"]
    users = [
        user(name, worker_rights(found, group), cluster),
        user(f"{name}-people", people_rights(found, group), cluster),
        user(f"{name}-scaler", scaler_rights(keyed_topic(settings, plan.sources), group), cluster),
    ]
    said = {"by": by, "partitions": partitions, "cluster": cluster}
    listed = {"namespace": cluster, "resources": ["topics.yaml", "users.yaml"]}
    return {
        "topics.yaml": TOPICS_HEAD.format(**said) + _text(topics),
        "users.yaml": USERS_HEAD.format(**said) + _text(users),
        "kustomization.yaml": KUSTOMIZATION + yaml.safe_dump(listed, sort_keys=False),
    }


KUSTOMIZATION = """\
# For clusters whose topics the Strimzi operator (0.49 or newer, for its API v1) makes;
# elsewhere: cordial-streams topics apply.
apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
"""


def _text(documents: Sequence[dict[str, Any]]) -> str:
    dumped = (yaml.safe_dump(one, sort_keys=False, default_flow_style=None) for one in documents)
    return "".join(f"---\n{one}" for one in dumped)


def written() -> dict[str, str]:
    """The files of k8s/strimzi as the code has them."""
    return manifests(_replicated(Settings(), REPLICAS), load_plan(K8S / "base" / "plan.yaml"))


def _replicated(settings: Settings, replicas: int) -> Settings:
    kafka = settings.kafka.model_copy(update={"replication_factor": replicas})
    return settings.model_copy(update={"kafka": kafka})


def main() -> int:
    """Write the files."""
    parser = argparse.ArgumentParser(prog="python -m tools.topics", description=__doc__)
    parser.add_argument("--plan", type=Path, help="a plan of your own")
    parser.add_argument("--partitions", type=int, default=PARTITIONS)
    parser.add_argument("--replicas", type=int, default=REPLICAS)
    parser.add_argument("--cluster", default=CLUSTER, help="name and namespace of the cluster")
    parser.add_argument("--out", type=Path, default=FOLDER)
    given = parser.parse_args()
    if given.plan is None:
        files = written()
    else:
        settings = _replicated(load(), given.replicas)
        by = "python -m tools.topics"
        files = manifests(settings, load_plan(given.plan), given.partitions, given.cluster, by)
    given.out.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        given.out.joinpath(name).write_text(text)
    print(f"{given.out}: {', '.join(sorted(files))}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
