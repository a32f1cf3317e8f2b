"""The client of the account at Cordial, from the settings."""

from streams.cordial.client import CordialClient
from streams.cordial.endpoint import Endpoint
from streams.cordial.transport import PooledTransport
from streams.settings import Settings


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
