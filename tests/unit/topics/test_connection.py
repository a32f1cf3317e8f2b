"""What Kafka clients are told: protocol, TLS from files, SASL, and what is missing of it."""

import ssl

import certifi
import pytest

from streams.kafka.connection import ConnectionSettingsError, client_options
from streams.settings import KafkaSettings


def test_servers_are_separated_by_commas():
    options = client_options(KafkaSettings(bootstrap="one:9092, two:9092"))
    assert options == {
        "bootstrap_servers": ["one:9092", "two:9092"],
        "security_protocol": "PLAINTEXT",
    }


@pytest.mark.parametrize("security", ["SSL", "SASL_SSL"])
def test_tls_trusts_the_authorities_of_the_file_and_checks_the_host(security):
    settings = KafkaSettings(security=security, ca_file=certifi.where(), username="u", password="p")
    context = client_options(settings)["ssl_context"]
    assert context.check_hostname
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.cert_store_stats()["x509_ca"] > 0
    assert client_options(settings)["ssl_context"] is context


@pytest.mark.parametrize("security", ["SASL_PLAINTEXT", "SASL_SSL"])
@pytest.mark.parametrize("mechanism", ["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"])
def test_sasl_takes_mechanism_user_and_password(security, mechanism):
    settings = KafkaSettings(
        security=security, sasl_mechanism=mechanism, username="worker", password="secret"
    )
    options = client_options(settings)
    assert options["sasl_mechanism"] == mechanism
    assert options["sasl_plain_username"] == "worker"
    assert options["sasl_plain_password"] == "secret"
    assert ("ssl_context" in options) == (security == "SASL_SSL")


def test_sasl_without_a_password_says_what_to_set():
    settings = KafkaSettings(security="SASL_PLAINTEXT", username="worker")
    with pytest.raises(ConnectionSettingsError, match=r"kafka\.username and kafka\.password"):
        client_options(settings)


@pytest.mark.parametrize("name", ["ca_file", "cert_file"])
def test_a_missing_file_is_named_with_its_setting(name, tmp_path):
    settings = KafkaSettings(**{"security": "SSL", name: tmp_path / "gone.pem"})
    with pytest.raises(ConnectionSettingsError, match=rf"kafka\.{name}: .*gone\.pem cannot be"):
        client_options(settings)


@pytest.mark.parametrize("name", ["ca_file", "cert_file"])
def test_a_file_that_is_no_pem_is_named_with_its_setting(name, tmp_path):
    garbage = tmp_path / "garbage.pem"
    garbage.write_text("no certificate")
    settings = KafkaSettings(**{"security": "SSL", name: garbage})
    with pytest.raises(ConnectionSettingsError, match=rf"kafka\.{name}: .*not a PEM file"):
        client_options(settings)


def test_a_key_needs_its_certificate(tmp_path):
    settings = KafkaSettings(security="SSL", key_file=tmp_path / "key.pem")
    with pytest.raises(ConnectionSettingsError, match=r"kafka\.cert_file is not"):
        client_options(settings)
