"""What settings and plan give to the parts of a worker."""

import random
import secrets
from collections.abc import Awaitable

import orjson

from streams.actions import ACTIONS
from streams.cordial.account_attributes import AccountAttributes
from streams.cordial.circuit import Circuit
from streams.cordial.client import CordialClient
from streams.cordial.pace import Pace
from streams.core.answer import Answer
from streams.core.catalogue import Account
from streams.core.compiled import CompiledPlan
from streams.core.retrying import Policy
from streams.kafka.batch import Batch
from streams.kafka.endpoints import Endpoints
from streams.kafka.sink import Post
from streams.settings import Settings


def attributes(
    settings: Settings, plan: CompiledPlan, client: CordialClient
) -> AccountAttributes | None:
    """What asks for the account's attributes; None where the plan guards none."""
    if plan.attributes is None:
        return None
    cordial = settings.cordial
    return AccountAttributes(
        client, settings.data_dir, cordial.attributes_file, cordial.attributes_refresh
    )


def account(plan: CompiledPlan, known: AccountAttributes | None) -> Account | None:
    """The account as it is known now, with the plan's rules; None where there is nothing known."""
    if plan.attributes is None or known is None or known.known is None:
        return None
    return Account(known.known, plan.attributes)


def contact_secret(settings: Settings) -> str:
    """The key of contacts' hashes in logs."""
    return settings.contact_secret.get_secret_value() or secrets.token_hex(16)


def endpoints(settings: Settings) -> Endpoints:
    """One for each path of Cordial's."""
    delivery = settings.delivery
    return Endpoints(
        ACTIONS.values(),
        pace=lambda: Pace(random.random),
        circuit=lambda: Circuit(delivery.circuit_failures, delivery.circuit_probe),
    )


def post(client: CordialClient) -> Post:
    """What sends a batch as one request."""

    def post(batch: Batch) -> Awaitable[Answer]:
        return client.post(batch.action.path, orjson.dumps(batch.body))

    return post


def policy(settings: Settings) -> Policy:
    """How often and how long is tried."""
    delivery = settings.delivery
    return Policy(
        backoff_first=delivery.backoff_first,
        backoff_max=delivery.backoff_max,
        attempts=delivery.attempts,
        patience=delivery.patience,
        retry_after_max=delivery.retry_after_max,
    )
