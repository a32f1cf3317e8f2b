"""Writes docs/asyncapi.yaml: every topic that a worker reads or writes, as AsyncAPI 3 has it.

The topics are those of the example's plan, and the keyed copy that plans without a keyed source
have. Schemas are referred to: they stand in `avro/`.
"""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from streams import __version__
from streams.actions import ACTIONS
from streams.kafka.topics import POLICY, RETENTION
from streams.plan import instance_names, load_plan
from streams.settings import KafkaSettings, Settings
from tools.flows import Flow, flows
from tools.messages import BINDING, kinds_of, message
from tools.topics import K8S, PARTITIONS, REPLICAS

FILE = Path(__file__).parents[1] / "docs" / "asyncapi.yaml"
HEAD = "# Written by `make docs` from the code.\n"
INTRODUCTION = (
    "Every topic that a worker reads or writes. Ours have as many partitions as the keyed topic; "
    "the prefix is CORDIAL_STREAMS_PREFIX, the group and the changelogs' names "
    "CORDIAL_STREAMS_APP_ID. An instance of an action in the plan has a topic of its own, like "
    "those of the actions here."
)
MEANINGS = {
    "source": "The company's bus, as the example's plan names it.",
    "keyed": "All sources, keyed by the contact. Only where no source of the plan is.",
    "dead letters": "What could not be delivered, with the original bytes.",
    "receipts": "What became of every event and every command.",
    "replays": "Dead letters that are sent again, by `cordial-streams dead-letters replay`.",
    "hops": "Events of visitors on their way to another partition.",
    "migrations": "How far `cordial-streams topics migrate` has come; the first of them makes it.",
    "changelog": "The table {table}: what is durable of it. No group's offsets are kept of it.",
}


def all_flows(settings: Settings) -> list[Flow]:
    """The topics of the example's plan, and the keyed copy that others have."""
    plan = load_plan(K8S / "base" / "plan.yaml")
    names = instance_names(plan)
    found = flows(settings, plan.sources, names, PARTITIONS)
    copied = [one.model_copy(update={"keyed_by_user": False}) for one in plan.sources]
    known = {one.name for one in found}
    for place, one in enumerate(flows(settings, copied, names, PARTITIONS)):
        if one.name not in known:
            found.insert(place, one)
    return found


def document() -> dict[str, Any]:
    """The whole description."""
    settings = Settings(kafka=KafkaSettings(replication_factor=REPLICAS))
    topics = all_flows(settings)
    kinds = {kind.name: kind for flow in topics for kind in kinds_of(flow)}
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Topics of cordial-streams",
            "version": __version__,
            "description": INTRODUCTION,
            "license": {"name": "Apache-2.0"},
        },
        "defaultContentType": "avro/binary",
        "servers": {
            "kafka": {
                "host": "{bootstrap}",
                "protocol": "kafka",
                "description": "The cluster that has the company's bus.",
                "variables": {
                    "bootstrap": {
                        "default": KafkaSettings.model_fields["bootstrap"].default,
                        "description": "CORDIAL_STREAMS_KAFKA__BOOTSTRAP",
                    }
                },
            }
        },
        "channels": {flow.name: _channel(flow) for flow in topics},
        "operations": dict(_operations(topics, settings.app_id)),
        "components": {"messages": {name: message(kind) for name, kind in kinds.items()}},
    }


def _channel(flow: Flow) -> dict[str, Any]:
    kafka: dict[str, Any] = {"topic": flow.name, "partitions": flow.spec.partitions}
    configured: dict[str, Any] = {}
    if flow.kind != "source":
        kafka["replicas"] = REPLICAS
    for name, value in flow.spec.config.items():
        if name == POLICY:
            configured[name] = value.split(",")
        elif name == RETENTION:
            configured[name] = int(value)
    if configured:
        kafka["topicConfiguration"] = configured
    return {
        "address": flow.name,
        "description": _meaning(flow),
        "messages": {
            kind.name: {"$ref": f"#/components/messages/{kind.name}"} for kind in kinds_of(flow)
        },
        "bindings": {"kafka": kafka | {"bindingVersion": BINDING}},
    }


def _meaning(flow: Flow) -> str:
    if flow.kind == "action":
        action = ACTIONS.get(flow.name.rpartition(".")[2])
        return f"Commands: {action.title}." if action else "Commands."
    return MEANINGS[flow.kind].format(table=flow.table)


def _operations(topics: list[Flow], group: str) -> Iterator[tuple[str, dict[str, Any]]]:
    for flow in topics:
        if flow.read:
            read = _operation("receive", flow)
            if flow.grouped:
                bound = {"groupId": {"type": "string", "enum": [group]}, "bindingVersion": BINDING}
                read["bindings"] = {"kafka": bound}
            yield f"read {flow.name}", read
        if flow.written:
            yield f"write {flow.name}", _operation("send", flow)


def _operation(action: str, flow: Flow) -> dict[str, Any]:
    channel = f"#/channels/{flow.name}"
    messages = [{"$ref": f"{channel}/messages/{kind.name}"} for kind in kinds_of(flow)]
    return {"action": action, "channel": {"$ref": channel}, "messages": messages}


def written() -> str:
    """The file's text."""
    text = yaml.safe_dump(document(), sort_keys=False, width=100, default_flow_style=None)
    return HEAD + text


def main() -> int:
    """Write the file."""
    FILE.write_text(written())
    return 0


if __name__ == "__main__":
    sys.exit(main())
