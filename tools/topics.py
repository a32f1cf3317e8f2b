"""Writes Strimzi's manifests: every topic of ours, and the users with the rights that they need.

`make docs` writes those of k8s/strimzi, for the example's plan. For a plan of your own:
python -m tools.topics --plan FILE --partitions N, with your CORDIAL_STREAMS_* variables, which
name prefix, application id and layout. They stand in the folder strimzi beside the plan then, or
where --out says. The company's own topics are not among them.
"""

import argparse
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import yaml

from streams.exits import BAD_SETTINGS, OK, refused
from streams.kafka.names import names_of
from streams.kafka.topics import TopicSpec
from streams.plan import Plan, PlanError, instance_names, load_plan
from streams.settings import Settings, SettingsError, load
from tools.flows import Right, flows, migration_user, users

K8S = Path(__file__).parents[1] / "k8s"
FOLDER = K8S / "strimzi"
FILE = FOLDER / "topics.yaml"
BY = "python -m tools.topics"
CLUSTER = "kafka"
PARTITIONS = 12
REPLICAS = 3
GROUP = "cordial-streams/group"
API = "kafka.strimzi.io/v1"
TOPICS_HEAD = """\
# Written by `{by}` from the code; `cordial-streams topics apply` makes the same ones.
# {partitions} partitions: as many as the keyed topic has. The cluster's name is `{cluster}`.
"""
MIGRATION_HEAD = """\
# Written by `{by}` from the code: what `topics migrate` asks the broker for, from the layout
# {layout} on, and no more. Delete this user when the migration is finished.
"""
USERS_HEAD = """\
# Written by `{by}` from the code: what it asks the broker for, and no more.
# The worker's user, that of people's commands, and that of whoever measures the lag.
"""


def resource(
    topic: TopicSpec, cluster: str, replicas: int, group: str | None = None
) -> dict[str, Any]:
    """The operator's description of a topic; its own name must be lower-case.

    `group` is the label of the topics of a layout, by which they can be deleted together.
    """
    config: dict[str, Any] = {
        name: int(value) if value.isdecimal() else value
        for name, value in sorted(topic.config.items())
    }
    described = _named("KafkaTopic", topic.name.lower(), cluster)
    if group is not None:
        described["metadata"]["labels"][GROUP] = group
    return described | {
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
    namespace: str | None = None,
) -> dict[str, str]:
    """Each file by its name."""
    found = flows(settings, plan.sources, instance_names(plan), partitions)
    replicas = settings.kafka.replication_factor
    group = names_of(settings).app_id
    topics = [
        resource(one.spec, cluster, replicas, group if one.kind != "migrations" else None)
        for one in found
        if one.kind != "source"
    ]
    lasting = [
        user(name, rights, cluster)
        for name, rights in users(settings, plan.sources, instance_names(plan)).items()
        if name != migration_user(settings)
    ]
    said = {"by": by, "partitions": partitions, "cluster": cluster}
    listed = {"namespace": namespace or cluster, "resources": ["topics.yaml", "users.yaml"]}
    return {
        "topics.yaml": TOPICS_HEAD.format(**said) + _text(topics),
        "users.yaml": USERS_HEAD.format(**said) + _text(lasting),
        "kustomization.yaml": KUSTOMIZATION + yaml.safe_dump(listed, sort_keys=False),
    }


KUSTOMIZATION = """\
# For clusters whose topics the Strimzi operator (0.49 or newer, for its API v1) makes;
# elsewhere: cordial-streams topics apply.
apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
"""


def migration(settings: Settings, plan: Plan, cluster: str, namespace: str) -> dict[str, str]:
    """The user of `topics migrate`, from the layout of these settings to the next one."""
    name = migration_user(settings)
    rights = users(settings, plan.sources, instance_names(plan))[name]
    said = {"by": BY, "layout": settings.layout}
    listed = {"namespace": namespace, "resources": ["users.yaml"]}
    one = user(name, rights, cluster)
    return {
        "users.yaml": MIGRATION_HEAD.format(**said) + _text([one]),
        "kustomization.yaml": KUSTOMIZATION + yaml.safe_dump(listed, sort_keys=False),
    }


def _text(documents: Sequence[dict[str, Any]]) -> str:
    dumped = (yaml.safe_dump(one, sort_keys=False, default_flow_style=None) for one in documents)
    return "".join(f"---\n{one}" for one in dumped)


def written() -> dict[str, str]:
    """The files of k8s/strimzi as the code has them."""
    return manifests(_replicated(Settings(), REPLICAS), load_plan(K8S / "base" / "plan.yaml"))


def _replicated(settings: Settings, replicas: int) -> Settings:
    kafka = settings.kafka.model_copy(update={"replication_factor": replicas})
    return settings.model_copy(update={"kafka": kafka})


def _given() -> argparse.Namespace:
    """What the command line says; ends the program where it says nothing that can be done."""
    parser = argparse.ArgumentParser(prog="python -m tools.topics", description=__doc__)
    parser.add_argument("--plan", type=Path, help="a plan of your own")
    parser.add_argument("--partitions", type=int, help="of the keyed topic, and so of all")
    parser.add_argument("--replicas", type=int, default=REPLICAS, help="of each partition")
    parser.add_argument("--cluster", default=CLUSTER, help="name of the Kafka")
    parser.add_argument("--namespace", help="where the Kafka is; as its name, if not given")
    parser.add_argument(
        "--migration", action="store_true", help="the user of `topics migrate` alone"
    )
    parser.add_argument("--out", type=Path, help="folder to write to")
    given = parser.parse_args()
    if given.plan is None:
        others = (given.partitions, given.namespace, given.out, given.migration)
        if any(others) or (given.cluster, given.replicas) != (CLUSTER, REPLICAS):
            parser.error("--plan is missing: without it the example's manifests are written")
        return given
    if not given.migration and (given.partitions is None or given.partitions < 1):
        parser.error("--partitions is missing: it is fixed when the topics are made")
    given.out = given.out or given.plan.parent / ("migration" if given.migration else FOLDER.name)
    if given.out.resolve() == FOLDER.resolve():
        parser.error(f"--out {given.out}: has the example's manifests; name a folder of your own")
    return given


def main() -> int:
    """Write the files."""
    given = _given()
    count, replicas = given.partitions or PARTITIONS, given.replicas
    try:
        files = written() if given.plan is None else _of_a_plan(given)
    except (PlanError, SettingsError) as error:
        return refused(error, BAD_SETTINGS)
    out = given.out or FOLDER
    out.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        out.joinpath(name).write_text(text)
    print(f"{out}: {', '.join(sorted(files))}")
    if not given.migration:
        print(f"{count} partitions with {replicas} replicas, of the Kafka {given.cluster}")
    return OK


def _of_a_plan(given: argparse.Namespace) -> dict[str, str]:
    settings, plan = _replicated(load(), given.replicas), load_plan(given.plan)
    namespace = given.namespace or given.cluster
    if given.migration:
        return migration(settings, plan, given.cluster, namespace)
    return manifests(settings, plan, given.partitions, given.cluster, BY, namespace)


if __name__ == "__main__":
    sys.exit(main())
