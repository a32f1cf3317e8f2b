"""Writes k8s/strimzi/topics.yaml: every topic of ours, as the Strimzi operator makes them.

The names, policies and counts are what `topics apply` would make with the example's plan and
settings; whoever has another plan, prefix or count writes the list anew with their own.
"""

import sys
from pathlib import Path

import yaml

from streams.actions import ACTIONS
from streams.kafka.topics import TopicSpec, wanted_topics
from streams.plan import load_plan
from streams.settings import KafkaSettings, Settings

K8S = Path(__file__).parents[1] / "k8s"
FILE = K8S / "strimzi" / "topics.yaml"
CLUSTER = "kafka"
PARTITIONS = 12
REPLICAS = 3
HEAD = f"""\
# Written by `make docs` from the code; `cordial-streams topics apply` makes the same ones.
# {PARTITIONS} partitions: as many as the keyed topic has. The cluster's name is `{CLUSTER}`.
"""


def resource(topic: TopicSpec) -> dict[str, object]:
    """The operator's description of a topic; its own name must be lower-case."""
    config: dict[str, object] = {
        name: int(value) if value.isdecimal() else value
        for name, value in sorted(topic.config.items())
    }
    return {
        "apiVersion": "kafka.strimzi.io/v1",
        "kind": "KafkaTopic",
        "metadata": {
            "name": topic.name.lower(),
            "labels": {"strimzi.io/cluster": CLUSTER},
        },
        "spec": {
            "topicName": topic.name,
            "partitions": topic.partitions,
            "replicas": REPLICAS,
            "config": config,
        },
    }


def written() -> str:
    """The file as the code has it."""
    settings = Settings(kafka=KafkaSettings(replication_factor=REPLICAS))
    sources = load_plan(K8S / "base" / "plan.yaml").sources
    wanted = wanted_topics(settings, sources, ACTIONS, PARTITIONS)
    return HEAD + "".join(
        "---\n" + yaml.safe_dump(resource(topic), sort_keys=False) for topic in wanted
    )


def main() -> int:
    """Write the file."""
    FILE.write_text(written())
    return 0


if __name__ == "__main__":
    sys.exit(main())
