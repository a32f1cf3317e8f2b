"""What differs from one environment to the next: `CORDIAL_STREAMS_*` variables and secret files.

Every value has its default and its meaning here, and nowhere else. Nested names take `__`:
`CORDIAL_STREAMS_KAFKA__BOOTSTRAP=broker:9092`. A secret may stand in a file of the directory
that `CORDIAL_STREAMS_SECRETS_DIR` names (`api_key`, `kafka__password`, …).
Times are in seconds, sizes in bytes.
"""

import os
import re
from pathlib import Path
from typing import Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic_settings import (
    BaseSettings,
    InitSettingsSource,
    NestedSecretsSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from streams.core.addresses import is_loopback, is_metadata, is_reserved
from streams.core.identity import AccountKeys
from streams.settings.errors import NESTED, PREFIX, SettingsError, explained, unknown
from streams.settings.secret_file import secret

DATA_CENTRES = {
    "usw1": "https://integrations-ingest-svc.usw1.cordial.com",
    "usw2": "https://integrations-ingest-svc.usw2.cordial.com",
    "use1": "https://integrations-ingest-svc.use1.cordial.com",
}

_SERVER = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[^\s:/\[\]]+)(:(?P<port>[0-9]{1,5}))?")


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class KafkaSettings(_Part):
    """How to reach the broker, and how the group behaves there."""

    bootstrap: str = Field("127.0.0.1:9092", description="host:port, several separated by commas")
    security: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = Field(
        "PLAINTEXT", description="the listener's protocol"
    )
    sasl_mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] = Field(
        "SCRAM-SHA-512", description="the SASL mechanism, where the protocol has SASL"
    )
    username: str | None = Field(None, description="SASL user")
    password: SecretStr | None = Field(None, description="SASL password")
    password_file: Path | None = Field(
        None, description="file of the password; read again when it changes"
    )
    ca_file: Path | None = Field(None, description="PEM file of the authorities to trust")
    cert_file: Path | None = Field(None, description="PEM file of the client's certificate")
    key_file: Path | None = Field(None, description="PEM file of the client's key")
    session_timeout: float = Field(20, gt=0, description="after which a silent worker is out")
    heartbeat: float = Field(3, gt=0, description="between two heartbeats")
    instance_id: str | None = Field(None, description="static membership: the pod's own name")
    replication_factor: int = Field(1, ge=1, description="of the topics that `topics apply` makes")

    @field_validator("bootstrap")
    @classmethod
    def _names_servers(cls, text: str) -> str:
        for server in text.split(","):
            named = _SERVER.fullmatch(server.strip())
            if named is None or not 0 < int(named["port"] or 9092) < 65_536:
                raise ValueError("each server is host:port, several are separated by commas")
        return text

    def read_password(self) -> str:
        """The password as it stands now, or nothing. Raises `SecretFileError`."""
        return secret(self.password, self.password_file)


class RegistrySettings(_Part):
    """Where schemas come from. Without a URL `avro/ids.json` is the registry."""

    url: str | None = Field(None, description="of a Confluent-compatible schema registry")
    username: str | None = Field(None, description="basic auth user")
    password: SecretStr | None = Field(None, description="basic auth password")
    password_file: Path | None = Field(
        None, description="file of the password; read again when it changes"
    )
    ca_file: Path | None = Field(None, description="PEM file of the authorities to trust")

    @field_validator("url")
    @classmethod
    def _leads_to_a_registry(cls, text: str | None) -> str | None:
        for url in () if text is None else text.split(","):
            parts = urlsplit(url.strip())
            host = (parts.hostname or "").lower()
            if parts.scheme not in ("http", "https") or not host:
                raise ValueError("is no http or https URL")
            if "@" in parts.netloc:
                raise ValueError(
                    "it holds a user or password; put them into registry.username and "
                    "registry.password_file"
                )
            if is_metadata(host) or (is_reserved(host) and not is_loopback(host)):
                raise ValueError("no registry can be at a reserved address")
        return text

    def read_password(self) -> str:
        """The password as it stands now, or nothing. Raises `SecretFileError`."""
        return secret(self.password, self.password_file)


class CordialSettings(_Part):
    """The account at Cordial."""

    endpoint: str = Field("usw1", description="a data centre (usw1, usw2, use1) or an https URL")
    allow_endpoint: bool = Field(False, description="accept a host that is not Cordial's")
    segment_id_key: str | None = Field(
        None, description="name of the unique string attribute that stores the user id"
    )
    email_key: str = Field("email", description="identifier key of the e-mail address")
    phone_key: str = Field("channels.phone.address", description="identifier key of the phone")
    phone_region: str | None = Field(None, description="ISO 3166 region of phones without a +")
    source: str = Field("cordial-streams", description="`source` of every request")
    attributes_file: Path | None = Field(
        None, description="JSON file of the account's attributes, in place of asking for them"
    )
    attributes_refresh: float = Field(
        300, gt=0, description="between two askings for the account's attributes"
    )


class DeliverySettings(_Part):
    """Bounds of delivery."""

    in_flight: int = Field(64, ge=1, description="requests in flight, per worker")
    deadline: float = Field(10, gt=0, description="of one request, from first byte to last")
    backoff_first: float = Field(0.5, gt=0, description="bound of the first wait; full jitter")
    backoff_max: float = Field(60, gt=0, description="bound of every later wait")
    attempts: int = Field(10, ge=1, description="of a command while others succeed")
    patience: float = Field(900, gt=0, description="for a command while others succeed")
    retry_after_max: float = Field(900, gt=0, description="to which Retry-After is obeyed")
    join_members: int = Field(100, ge=1, description="joined into one request, at most")
    join_bytes: int = Field(524_288, ge=1, description="of a joined request, at most")
    circuit_failures: int = Field(10, ge=1, description="in a row that open an endpoint's circuit")
    circuit_probe: float = Field(15, gt=0, description="between two probes of an open circuit")


class WindowSettings(_Part):
    """How far the router runs ahead of the oldest open command, per partition."""

    commands: int = Field(2_000, ge=1, description="unsettled commands, at most")
    span: int = Field(20_000, ge=1, description="offsets from the watermark, at most")


class WebSettings(_Part):
    """Where health and metrics are served."""

    host: str = Field("127.0.0.1", description="address to listen on")
    port: int = Field(8080, ge=0, le=65535, description="port; 0 takes a free one")
    names: str = Field(
        "", description="host names that requests may name, besides addresses; separated by commas"
    )
    token: SecretStr | None = Field(
        None, description="asked for by every page but the probes; without it they are on loopback"
    )
    token_file: Path | None = Field(
        None, description="file of the token; read again when it changes"
    )

    def read_token(self) -> str:
        """The token as it stands now, or nothing. Raises `SecretFileError`."""
        return secret(self.token, self.token_file)


class LogSettings(_Part):
    """What is logged."""

    share: float = Field(
        0.01, ge=0, le=1, description="of the events whose every outcome is logged, from 0 to 1"
    )


class Settings(BaseSettings):
    """All settings of a worker."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_nested_delimiter=NESTED,
        extra="forbid",
        frozen=True,
    )

    app_id: str = Field("cordial-streams", description="application id and consumer group")
    prefix: str = Field("cordial", description="of our topics")
    generation: int = Field(0, ge=0, description="bumped on purpose when the source is recreated")
    layout: int = Field(
        0, ge=0, description="which of our topics and group are meant: see `topics migrate`"
    )
    api_key: SecretStr = Field(SecretStr(""), description="Cordial's API key")
    api_key_file: Path | None = Field(
        None, description="file of the key; read again when it changes"
    )
    kafka: KafkaSettings = KafkaSettings()
    registry: RegistrySettings = RegistrySettings()
    cordial: CordialSettings = CordialSettings()
    delivery: DeliverySettings = DeliverySettings()
    window: WindowSettings = WindowSettings()
    web: WebSettings = WebSettings()
    log: LogSettings = LogSettings()
    data_dir: Path = Field(Path("data"), description="directory of the tables' files")
    seen_days: float = Field(7, gt=0, description="that a message id is remembered")
    grace: float = Field(30, gt=0, description="from SIGTERM to the hard stop")
    contact_secret: SecretStr = Field(
        SecretStr(""), description="keys the hash of a contact in logs; random if empty"
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Arguments, then the environment, then the secrets directory."""
        directory = os.environ.get("CORDIAL_STREAMS_SECRETS_DIR")
        if not directory:
            return init_settings, env_settings
        files = NestedSecretsSettingsSource(
            file_secret_settings,
            secrets_dir=directory,
            secrets_prefix="",
            secrets_nested_delimiter="__",
        )
        named = InitSettingsSource(settings_cls, init_kwargs=_named(Path(directory)))
        return init_settings, env_settings, files, named

    @model_validator(mode="after")
    def _lease_has_room(self) -> Self:
        if self.lease <= self.kafka.heartbeat:
            raise ValueError(
                f"kafka.session_timeout {self.kafka.session_timeout:g} s leaves no lease: it must "
                f"exceed delivery.deadline {self.delivery.deadline:g} s plus kafka.heartbeat "
                f"{self.kafka.heartbeat:g} s plus a margin of {LEASE_MARGIN:g} s"
            )
        return self

    @property
    def lease(self) -> float:
        """Seconds after the last broker contact in which a request may still be started."""
        return self.kafka.session_timeout - self.delivery.deadline - LEASE_MARGIN

    def read_api_key(self) -> str:
        """The key as it stands now: the file's where one is set, else the variable's.

        Raises `SecretFileError`.
        """
        return secret(self.api_key, self.api_key_file)


LEASE_MARGIN = 2.0
REPLACEABLE = ("api_key", "kafka__password", "registry__password", "web__token")


def _named(directory: Path) -> dict[str, Any]:
    """The files of secrets that may be replaced, as settings that name them."""
    found: dict[str, Any] = {}
    given = {name.upper() for name in os.environ}
    for name in REPLACEABLE:
        if (directory / name).is_file() and f"{PREFIX}{name.upper()}" not in given:
            part, _, key = name.rpartition(NESTED)
            (found.setdefault(part, {}) if part else found)[f"{key}_file"] = directory / name
    return found


def load() -> Settings:
    """Settings from the environment and the secrets directory. Raises `SettingsError`."""
    problems = list(unknown(os.environ, Settings))
    try:
        settings = Settings()
    except ValidationError as error:
        problems += explained(error, Settings)
    if problems:
        raise SettingsError(dict.fromkeys(problems))
    return settings


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
