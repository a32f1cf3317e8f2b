"""What differs from one environment to the next: `CORDIAL_STREAMS_*` variables and secret files."""

from streams.settings.errors import SettingsError
from streams.settings.model import (
    DATA_CENTRES,
    KafkaSettings,
    RegistrySettings,
    Settings,
    WebSettings,
    account_keys,
    load,
)

__all__ = [
    "DATA_CENTRES",
    "KafkaSettings",
    "RegistrySettings",
    "Settings",
    "SettingsError",
    "WebSettings",
    "account_keys",
    "load",
]
