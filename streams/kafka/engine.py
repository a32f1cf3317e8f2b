"""Faust, as this product runs it: one app, raw bytes in, an agent per topic, our tables.

Faust's settings stand here and nowhere else, each with its reason.
No exception leaves an agent: Faust would acknowledge the event all the same.
"""

import asyncio
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import faust
from faust.types import Message

from streams.kafka.care import Care
from streams.kafka.names import names_of
from streams.kafka.recovering import TableManager
from streams.kafka.transport import Shell, Transport, uses
from streams.kafka.unread import Unread
from streams.settings import Settings

Handler = Callable[[Message], None]


def faust_settings(settings: Settings) -> dict[str, Any]:
    """What Faust is told."""
    kafka = settings.kafka
    return {
        "broker": uses(kafka),
        "processing_guarantee": "at_least_once",  # its transactions leave fan-out outside
        "stream_wait_empty": True,  # the hook in which the lanes are revoked
        "broker_session_timeout": kafka.session_timeout,  # the default of 60 s delays a takeover
        "broker_heartbeat_interval": kafka.heartbeat,
        "broker_request_timeout": max(90.0, kafka.session_timeout * 2),  # Faust wants it above
        "broker_rebalance_timeout": max(60.0, settings.delivery.deadline * 3),  # revoke waits
        "broker_max_poll_interval": 1000.0,
        "broker_commit_interval": 1.0,  # the less is routed again after a crash
        "stream_buffer_maxsize": 64,  # bundles; bounds what is fetched again at a rebalance
        "stream_processing_timeout": 3600.0,  # it only logs; liveness is our own
        "broker_commit_livelock_soft_timeout": 3600.0,
        "consumer_auto_offset_reset": "earliest",  # latest loses events on the first start
        "consumer_group_instance_id": kafka.instance_id,
        "consumer_max_fetch_size": 1_048_576,
        "topic_disable_leader": True,  # nothing here needs a leader
        "topic_allow_declare": False,  # topics are made by `topics apply` alone
        "topic_replication_factor": kafka.replication_factor,
        "table_standby_replicas": 0,  # the memory store drops the rows of a standby
        "producer_linger": 0.005,
        "producer_max_batch_size": 262_144,
        "producer_max_request_size": 1_048_576,
        "producer_request_timeout": 60.0,  # of one try; the default is 20 minutes
        "web_enabled": False,  # it would listen on every address
        "store": "memory://",
        "TableManager": TableManager,  # Faust's recovers record by record
        "datadir": str(Path(settings.data_dir).absolute()),
        "worker_redirect_stdouts": False,
    }


class App(faust.App):  # type: ignore[misc]
    """A Faust app over our transport. It produces only while `may_write()`, reads no `unread`.

    Under `care` there is a turn of the loop between two records.
    """

    shell: Shell

    def __init__(self, settings: Settings, **kwargs: Any) -> None:
        self.kafka_settings = settings.kafka
        self.may_write: Callable[[], bool] = lambda: True
        self.unread = Unread()
        self.care = Care()
        super().__init__(names_of(settings).app_id, **faust_settings(settings), **kwargs)
        self.boot_strategy.enable_web = False

    def recovery_left(self) -> int | None:
        """How many records the tables lack; None where they are not being recovered."""
        recovery = self.tables.recovery
        return recovery.left() if recovery.in_recovery else None

    def recovery_away(self) -> bool:
        """Whether the tables wait for a broker."""
        away: bool = self.tables.recovery.away
        return away

    def _new_transport(self) -> Transport:
        return Transport(self.conf.broker_consumer, self)

    def _new_producer_transport(self) -> Transport:
        return Transport(self.conf.broker_producer, self)


def attach(app: App, topic: str, handle: Handler) -> None:
    """Let an agent read `topic`, raw, and hand each record to `handle`, which must not raise."""
    channel = app.topic(
        topic,
        key_serializer="raw",
        value_serializer="raw",
        internal=False,
        acks=False,  # the lanes say what is done; Faust would remember every message for it
    )

    async def agent(stream: Any) -> None:
        async for bundle in stream.noack():
            for message in bundle:
                handle(message)
                if app.care.on:
                    await asyncio.sleep(0)

    agent.__name__ = f"read_{topic}"  # whole: of two agents of one name Faust keeps one
    app.agent(channel, name=agent.__name__)(agent)


def changelogs(app: App, names: Iterable[str]) -> dict[str, Any]:
    """Faust tables of raw bytes, recovered from their changelogs, by name."""
    return {
        name: app.Table(
            name,
            key_type=bytes,
            value_type=bytes,
        )
        for name in names
    }
