"""Rows of what decisions learned, as bytes and back: one kind for each table that learns."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from streams.core import memberships, supplements
from streams.core.command import Position
from streams.core.consent import Channel, Consent, Said
from streams.core.identities import Identifier, Row
from streams.core.profiles import Profile, Told
from streams.kafka import own
from streams.kafka.shapes import position_of, position_record


@dataclass(frozen=True, slots=True)
class Kind:
    """The schema of a table's rows by the name of its file, and what its records are."""

    schema: str
    record: Callable[[Any], dict[str, Any]]
    row: Callable[[dict[str, Any]], Any]


def identities_record(row: Row) -> dict[str, Any]:
    """A row of the table identities."""
    return {
        "identifiers": {key: {"value": one.value, "time": one.time} for key, one in row.items()}
    }


def identities_of(record: dict[str, Any]) -> Row:
    """A row of the table identities as it was read."""
    return {key: Identifier(**one) for key, one in record["identifiers"].items()}


def supplement_record(row: supplements.Row) -> dict[str, Any]:
    """A row of the table supplements."""
    return {"updated": row.updated, "partition": row.partition}


def supplement_of(record: dict[str, Any]) -> supplements.Row:
    """A row of the table supplements as it was read."""
    return supplements.Row(**record)


def profile_record(row: Profile) -> dict[str, Any]:
    """A row of the table profiles."""
    return {
        "position": position_record(row.position),
        "action": row.action,
        "attributes": [
            {"name": name, "hash": told.hash, "time": told.time, "sent": told.sent}
            for name, told in row.attributes.items()
        ],
    }


def profile_of(record: dict[str, Any]) -> Profile:
    """A row of the table profiles as it was read."""
    return Profile(
        position=position_of(record["position"]),
        action=record["action"],
        attributes={
            one["name"]: Told(one["hash"], one["time"], one["sent"]) for one in record["attributes"]
        },
    )


def consent_record(row: Consent) -> dict[str, Any]:
    """A row of the table consent."""
    return {
        "position": position_record(row.position),
        "action": row.action,
        "channels": {
            name: {
                "left": _said_record(one.left),
                "granted": _said_record(one.granted),
                "stated": _said_record(one.stated),
                "accepted": _said_record(one.accepted),
                "underWay": _said_record(one.under_way),
                "used": list(one.used),
            }
            for name, one in row.channels.items()
        },
    }


def consent_of(record: dict[str, Any]) -> Consent:
    """A row of the table consent as it was read."""
    channels = {
        name: Channel(
            left=_said_of(one["left"]),
            granted=_said_of(one["granted"]),
            stated=_said_of(one["stated"]),
            accepted=_said_of(one["accepted"]),
            under_way=_said_of(one["underWay"]),
            used=tuple(one["used"]),
        )
        for name, one in record["channels"].items()
    }
    return Consent(channels, position_of(record["position"]), record["action"])


def _said_record(said: Said | None) -> tuple[str, dict[str, Any]] | None:
    if said is None:
        return None
    return "cordial.streams.Said", {
        "status": said.status,
        "time": said.time,
        "rule": said.rule,
        "messageId": said.message_id,
        "position": asdict(said.position),
    }


def _said_of(record: dict[str, Any] | None) -> Said | None:
    if record is None:
        return None
    return Said(
        status=record["status"],
        time=record["time"],
        rule=record["rule"],
        message_id=record["messageId"],
        position=Position(**record["position"]),
    )


def group_record(name: str) -> dict[str, Any]:
    """A row of the table groups."""
    return {"name": name}


def group_of(record: dict[str, Any]) -> str:
    """A row of the table groups as it was read."""
    return str(record["name"])


def membership_record(row: memberships.Row) -> dict[str, Any]:
    """A row of the table memberships."""
    return {
        "position": position_record(row.position),
        "action": row.action,
        "lists": [
            {"list": key, "joined": one.joined, "left": one.left, "name": one.name}
            for key, one in row.times.items()
        ],
    }


def membership_of(record: dict[str, Any]) -> memberships.Row:
    """A row of the table memberships as it was read."""
    return memberships.Row(
        position=position_of(record["position"]),
        action=record["action"],
        times={
            one["list"]: memberships.Times(one["joined"], one["left"], one["name"])
            for one in record["lists"]
        },
    )


KINDS: Mapping[str, Kind] = {
    "consent": Kind("consent", consent_record, consent_of),
    "groups": Kind("group_name", group_record, group_of),
    "identities": Kind("identities", identities_record, identities_of),
    "supplements": Kind("supplement", supplement_record, supplement_of),
    "memberships": Kind("membership", membership_record, membership_of),
    "profiles": Kind("profile", profile_record, profile_of),
}


def encode_row(table: str, row: Any) -> bytes:
    """A row of a table that learns."""
    kind = KINDS[table]
    return own.encode(kind.schema, kind.record(row))


def decode_row(table: str, value: bytes) -> Any:
    """A row of a table that learns. Raises ValueError where it is none."""
    kind = KINDS[table]
    record = own.decode(kind.schema, value)
    if isinstance(record, own.Unreadable):
        raise ValueError(f"row of {table}: {record.why}")  # noqa: TRY004 - bad data, not a bad type
    return kind.row(record)
