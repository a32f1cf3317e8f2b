"""What is on our topics, for docs/asyncapi.yaml: the records, their keys and their headers."""

import json
from dataclasses import dataclass
from typing import Any

from streams.kafka import framing, hops, load
from streams.kafka.learned_rows import KINDS
from streams.kafka.schemas import OwnSchema, own_schemas
from tools.flows import Flow

AVRO = "application/vnd.apache.avro;version=1.9.0"
BINDING = "0.5.0"
HEADERS = {
    framing.HEADER: "the schema's id, where it is not in front of the value",
    load.SOURCE_TOPIC: "where the event stands on the company's bus: topic",
    load.SOURCE_PARTITION: "partition",
    load.SOURCE_OFFSET: "offset",
    load.SOURCE_TIMESTAMP: "when it was produced there, in milliseconds since 1970",
    load.CORRELATION_ID: "what the receipts know it by",
    load.MOVED_FROM: "topic, partition and offset of the layout before, where it was carried over",
    load.TRACEPARENT: "the trace that it is part of, as W3C writes it",
    load.REPLAY_OF: "id of the dead letter that is sent again",
    load.REPLAY_ACTION: "the action of its event that is made again",
    load.REPLAY_COMMAND: "the action whose command the value is",
    load.REPLAY_POSITION: "generation, partition, offset and topic of the keyed record",
    load.FORCED: "there: sent although something newer was applied",
    hops.HOP: "which of the three hops it is",
    load.PRODUCED: "when the event's own record was produced, in milliseconds since 1970",
    load.SINCE: "since when it is to be delivered: it came to the bus, was let go or sent again",
    hops.CONTACT: "the user",
    hops.PARTITION: "the user's partition",
    hops.AT: "when the visitor was tied to the user, in milliseconds since 1970",
    hops.WITHOUT: "actions that it has made before, separated by spaces",
}
PLACE = (load.SOURCE_TOPIC, load.SOURCE_PARTITION, load.SOURCE_OFFSET)
CONTACT = "the contact: its user id, else its anonymous id, in UTF-8"
ORIGINAL = "that of the original record"
VISITOR = "the visitor's anonymous id, in UTF-8"
ROW_KEYS = {
    "seen": "a 16-byte hash of contact, message id and action",
    "orders": "contact and order id, with a zero byte between them",
    "groups": "the group id, in UTF-8",
    "supplements": "a text of contact, supplement and record",
    "held": "a text of visitor and message id",
    "links": "v and the visitor, or t, the visitor and the user who was told",
}
ROW_SCHEMAS = {table: kind.schema for table, kind in KINDS.items()} | {
    "seen": "seen",
    "orders": "order_state",
    "parked": "parked",
    "held": "held",
    "links": "link",
}


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of record; `always` are headers that each has, `maybe` those that it may have."""

    name: str
    schema: str
    key: str
    always: tuple[str, ...] = ()
    maybe: tuple[str, ...] = ()
    summary: str = ""
    nothing: str = ""
    """What it means that there is no value; blank where there always is one."""


EVENT = Kind(
    "CustomerEvent",
    "customer_event",
    CONTACT,
    maybe=(framing.HEADER, load.CORRELATION_ID, load.TRACEPARENT),
    summary="An event of the bus. A source with a mapping in the plan has records of its own.",
    nothing="A tombstone: it is filtered.",
)
COMMAND = Kind(
    "Command",
    "command",
    CONTACT,
    always=(*PLACE, load.SOURCE_TIMESTAMP, load.CORRELATION_ID),
    maybe=(load.TRACEPARENT, load.MOVED_FROM),
)
REPLAY_MAYBE = (
    *(load.REPLAY_POSITION, load.FORCED, framing.HEADER),
    *(load.SOURCE_TIMESTAMP, load.CORRELATION_ID, load.TRACEPARENT),
)
PASSED_ON = (hops.HOP, load.PRODUCED, load.SINCE, *PLACE, load.CORRELATION_ID)
MAYBE_PASSED_ON = (
    *(framing.HEADER, load.SOURCE_TIMESTAMP, load.TRACEPARENT),
    load.MOVED_FROM,
)
TIE = (*PASSED_ON, hops.CONTACT, hops.PARTITION, hops.AT)
KINDS_OF = {
    "source": (EVENT,),
    "keyed": (
        Kind(
            "KeyedEvent",
            "customer_event",
            CONTACT,
            always=(*PLACE, load.SOURCE_TIMESTAMP),
            maybe=(framing.HEADER, load.CORRELATION_ID, load.TRACEPARENT, load.MOVED_FROM),
            summary="A source's record, untouched, under the contact's key.",
            nothing="A tombstone: it is filtered.",
        ),
    ),
    "action": (COMMAND,),
    "migrations": (Kind("Migration", "migration", "the layout that is gone over to, as a text"),),
    "dead letters": (Kind("DeadLetter", "dead_letter", ORIGINAL),),
    "receipts": (Kind("Receipt", "receipt", f"{CONTACT}; none where it is not known"),),
    "replays": (
        Kind(
            "ReplayedEvent",
            "customer_event",
            ORIGINAL,
            always=(load.REPLAY_OF, *PLACE),
            maybe=(load.REPLAY_ACTION, *REPLAY_MAYBE),
            summary="The event of a dead letter, as it was.",
        ),
        Kind(
            "ReplayedCommand",
            "command",
            ORIGINAL,
            always=(load.REPLAY_OF, load.REPLAY_COMMAND, *PLACE),
            maybe=REPLAY_MAYBE,
            summary="The command of a dead letter, as it was.",
        ),
    ),
    "hops": (
        Kind(
            "Visit",
            "customer_event",
            VISITOR,
            always=PASSED_ON,
            maybe=MAYBE_PASSED_ON,
            summary="A visitor's event on its way to where the visitor is remembered.",
        ),
        Kind(
            "Tie",
            "customer_event",
            VISITOR,
            always=TIE,
            maybe=MAYBE_PASSED_ON,
            summary="A visitor became a user.",
            nothing="Only the tie is told.",
        ),
        Kind(
            "Stitched",
            "customer_event",
            "the user, in UTF-8",
            always=(*PASSED_ON, hops.CONTACT),
            maybe=(hops.WITHOUT, *MAYBE_PASSED_ON),
            summary="A visitor's event on its way to the user that the visitor became.",
        ),
    ),
}


def kinds_of(flow: Flow) -> tuple[Kind, ...]:
    """What is on a topic."""
    if flow.kind != "changelog":
        return KINDS_OF[flow.kind]
    schema = ROW_SCHEMAS[flow.table]
    name = f"RowOf{flow.table.capitalize()}"
    key = ROW_KEYS.get(flow.table, CONTACT)
    return (Kind(name, schema, key, nothing="The row is forgotten."),)


def newest(name: str) -> OwnSchema:
    """The version of a schema that is written."""
    return max((one for one in own_schemas().values() if one.name == name), key=lambda one: one.id)


def message(kind: Kind) -> dict[str, Any]:
    """One kind of record as AsyncAPI has it."""
    schema = newest(kind.schema)
    said = [json.loads(schema.text)["doc"]]
    said.append(f"The value begins with a zero byte and the {_ids(kind)}.")
    if kind.nothing:
        said.append(f"Without a value: {kind.nothing}")
    made: dict[str, Any] = {
        "name": kind.name,
        "summary": kind.summary or said[0],
        "description": " ".join(said),
        "contentType": "avro/binary",
    }
    if kind.always or kind.maybe:
        made["headers"] = _headers(kind)
    return made | {
        "payload": {"schemaFormat": AVRO, "schema": {"$ref": f"../avro/{schema.file}"}},
        "bindings": {
            "kafka": {
                "key": {"type": "string", "description": kind.key},
                "schemaIdLocation": "payload",
                "schemaIdPayloadEncoding": "confluent",
                "bindingVersion": BINDING,
            }
        },
    }


def _ids(kind: Kind) -> str:
    """The ids of `avro/ids.json` that may stand in front, the one that is written first."""
    known = [one.id for one in own_schemas().values() if one.name == kind.schema]
    first, *rest = (str(one) for one in sorted(known, reverse=True))
    told = f"schema's id, {first} in avro/ids.json"
    if kind.schema == "customer_event":
        return f"{told} or what the company's registry gave"
    return f"{told}; {' and '.join(reversed(rest))} {_are(rest)} read, too" if rest else told


def _are(ids: list[str]) -> str:
    return "is" if len(ids) == 1 else "are"


def _headers(kind: Kind) -> dict[str, Any]:
    names = (*kind.always, *kind.maybe)
    properties: dict[str, Any] = {
        name: {"type": "string", "description": HEADERS[name]} for name in names
    }
    if hops.HOP in properties:
        properties[hops.HOP]["const"] = kind.name.lower()
    required = {"required": list(kind.always)} if kind.always else {}
    return {"type": "object", "properties": properties} | required
