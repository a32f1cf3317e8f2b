"""The account at Cordial, from the settings: its identifiers' names and its client."""

from streams.cordial.client import CordialClient
from streams.cordial.endpoint import Endpoint
from streams.cordial.transport import PooledTransport
from streams.core.identity import AccountKeys
from streams.settings import Settings


def account_keys(settings: Settings) -> AccountKeys:
    """The names of the account's identifiers."""
    cordial = settings.cordial
    return AccountKeys(
        segment_id=cordial.segment_id_key,
        email=cordial.email_key,
        phone=cordial.phone_key,
        phone_region=cordial.phone_region,
        source=cordial.source,
    )


def open_client(settings: Settings, account: Endpoint) -> CordialClient:
    """The client of the account."""
    return CordialClient(
        account,
        key=settings.read_api_key,
        deadline=settings.delivery.deadline,
        transport=PooledTransport(
            connections=settings.delivery.in_flight, connect=settings.delivery.deadline / 2
        ),
    )
