"""Settings: where they come from, and which are refused."""

import pytest
from pydantic import ValidationError

from streams.cordial.endpoint import endpoint
from streams.settings import Settings, account_keys, load
from streams.settings.errors import SettingsError


def test_key_endpoint_and_user_id_attribute_come_from_the_environment(monkeypatch):
    monkeypatch.setenv("CORDIAL_STREAMS_API_KEY", "k-1")
    monkeypatch.setenv("CORDIAL_STREAMS_CORDIAL__ENDPOINT", "use1")
    monkeypatch.setenv("CORDIAL_STREAMS_CORDIAL__SEGMENT_ID_KEY", "shop_user_id")
    settings = load()
    assert settings.read_api_key() == "k-1"
    assert ".use1.cordial.com/" in endpoint(settings.cordial.endpoint).url("/api/checkAuth")
    assert account_keys(settings).segment_id == "shop_user_id"
    assert "k-1" not in repr(settings)


def test_the_key_comes_from_a_file_and_is_read_anew(monkeypatch, tmp_path):
    file = tmp_path / "key"
    monkeypatch.setenv("CORDIAL_STREAMS_API_KEY_FILE", str(file))
    file.write_text("k-1\n")
    settings = load()
    assert settings.read_api_key() == "k-1"
    file.write_text("k-2\n")
    assert settings.read_api_key() == "k-2"


def test_secrets_come_from_a_directory_and_the_environment_wins(monkeypatch, tmp_path):
    (tmp_path / "api_key").write_text("from a file")
    (tmp_path / "kafka__password").write_text("p-1")
    monkeypatch.setenv("CORDIAL_STREAMS_SECRETS_DIR", str(tmp_path))
    settings = load()
    assert settings.read_api_key() == "from a file"
    assert settings.kafka.password.get_secret_value() == "p-1"
    monkeypatch.setenv("CORDIAL_STREAMS_API_KEY", "from the environment")
    assert load().read_api_key() == "from the environment"


def test_what_is_replaced_in_the_directory_is_read_anew(monkeypatch, tmp_path):
    monkeypatch.setenv("CORDIAL_STREAMS_SECRETS_DIR", str(tmp_path))
    for text in ("first", "second"):
        for name in ("api_key", "kafka__password", "registry__password", "web__token"):
            (tmp_path / name).write_text(f"{text} {name}\n")
        if text == "first":
            settings = load()
        assert settings.read_api_key() == f"{text} api_key"
        assert settings.kafka.read_password() == f"{text} kafka__password"
        assert settings.registry.read_password() == f"{text} registry__password"
        assert settings.web.read_token() == f"{text} web__token"


@pytest.mark.parametrize(
    ("session", "deadline", "lease"),
    [(20, 10, 8), (15.5, 10, 3.5), (15, 10, None), (12, 10, None), (20, 18, None)],
)
def test_settings_that_leave_the_lease_no_room_are_refused(session, deadline, lease):
    given = {"kafka": {"session_timeout": session}, "delivery": {"deadline": deadline}}
    if lease is not None:
        assert Settings(**given).lease == lease
        return
    with pytest.raises(
        ValidationError, match=r"leaves no lease: it must exceed delivery\.deadline"
    ):
        Settings(**given)


WRONG = [
    (
        {"CORDIAL_STREAMS_KAFKA__SESION_TIMEOUT": "9"},
        "CORDIAL_STREAMS_KAFKA__SESION_TIMEOUT: no such setting; "
        "did you mean CORDIAL_STREAMS_KAFKA__SESSION_TIMEOUT?",
    ),
    (
        {"CORDIAL_STREAMS_DELIVRY__DEADLINE": "9"},
        "CORDIAL_STREAMS_DELIVRY__DEADLINE: no such setting; "
        "did you mean CORDIAL_STREAMS_DELIVERY__DEADLINE?",
    ),
    (
        {"CORDIAL_STREAMS_GRACE": "soon"},
        "CORDIAL_STREAMS_GRACE: Input should be a valid number, unable to parse string as a number",
    ),
    *(
        (
            {"CORDIAL_STREAMS_KAFKA__BOOTSTRAP": servers},
            "CORDIAL_STREAMS_KAFKA__BOOTSTRAP: "
            "each server is host:port, several are separated by commas",
        )
        for servers in ("", "broker:kafka", "a:9092,", "kafka://a:9092", "a:0", "a:65536", "[::1")
    ),
    (
        {"CORDIAL_STREAMS_KAFKA__SECURITY": "TLS"},
        "CORDIAL_STREAMS_KAFKA__SECURITY: Input should be "
        "'PLAINTEXT', 'SSL', 'SASL_PLAINTEXT' or 'SASL_SSL'",
    ),
]


@pytest.mark.parametrize(
    "servers", ["broker", "a:1, b.example:65535", "[::1]:9092", "[fe80::1],10.0.0.7:9092"]
)
def test_servers_are_named_with_or_without_a_port(servers):
    assert Settings(kafka={"bootstrap": servers}).kafka.bootstrap == servers


@pytest.mark.parametrize(("variables", "text"), WRONG)
def test_what_is_wrong_is_named_by_its_variable(monkeypatch, variables, text):
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError) as refused:
        load()
    assert str(refused.value) == text


def test_no_error_shows_a_value(monkeypatch):
    monkeypatch.setenv("CORDIAL_STREAMS_API_KEY", "the-key")
    monkeypatch.setenv("CORDIAL_STREAMS_KAFKA__PASSWORD", "the-password")
    monkeypatch.setenv("CORDIAL_STREAMS_KAFKA__SESSION_TIMEOUT", "9")
    monkeypatch.setenv("CORDIAL_STREAMS_WEB__PORT", "the-port")
    with pytest.raises(SettingsError) as refused:
        load()
    assert "the-" not in str(refused.value)
    assert refused.value.__cause__ is None
    assert refused.value.__suppress_context__ or refused.value.__context__ is None


def test_what_kubernetes_tells_of_a_service_is_no_setting(monkeypatch):
    monkeypatch.setenv("CORDIAL_STREAMS_SERVICE_HOST", "10.0.0.1")
    monkeypatch.setenv("CORDIAL_STREAMS_PORT_8080_TCP_ADDR", "10.0.0.1")
    load()


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("https://user:the-password@registry.example", "put them into registry.username"),
        ("registry.example:8081", "is no http or https URL"),
        ("file:///etc/passwd", "is no http or https URL"),
        ("http://169.254.169.254", "reserved address"),
        ("http://metadata.google.internal/", "reserved address"),
        ("http://[fe80::1]:8081", "reserved address"),
        ("http://10.0.0.7:8081,ftp://10.0.0.8", "is no http or https URL"),
    ],
)
def test_a_registry_is_an_http_url_without_a_password(monkeypatch, url, why):
    monkeypatch.setenv("CORDIAL_STREAMS_REGISTRY__URL", url)
    with pytest.raises(SettingsError, match="CORDIAL_STREAMS_REGISTRY__URL: ") as refused:
        load()
    assert why in str(refused.value)
    assert "the-password" not in str(refused.value)


@pytest.mark.parametrize(
    "url", ["http://localhost:8081", "http://127.0.0.1:8081", "https://a:8081,https://10.0.0.7"]
)
def test_a_registry_of_this_machine_or_of_the_company_is_taken(monkeypatch, url):
    monkeypatch.setenv("CORDIAL_STREAMS_REGISTRY__URL", url)
    assert load().registry.url == url
