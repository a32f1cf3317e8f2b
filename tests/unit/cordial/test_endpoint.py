import pytest

from streams.cordial.endpoint import CORE_API, Endpoint, EndpointError, endpoint
from streams.settings import DATA_CENTRES

GOOD = [
    ("https://integrations-ingest-svc.usw2.cordial.com", DATA_CENTRES["usw2"]),
    ("https://cordial.com", "https://cordial.com"),
    ("https://Api.Cordial.IO/", "https://api.cordial.io"),
    ("https://api.cordial.io:443", "https://api.cordial.io"),
    ("http://127.0.0.1:8899", "http://127.0.0.1:8899"),
    ("http://localhost:8899", "http://localhost:8899"),
    ("http://[::1]:8899", "http://[::1]:8899"),
    ("https://localhost:8443", "https://localhost:8443"),
]

BAD_WHATEVER_IS_ALLOWED = [
    "",
    "usw9",
    "USW1",
    "cordial.com",
    "file:///etc/passwd",
    "ftp://api.cordial.io",
    "gopher://127.0.0.1:6379",
    "https://",
    "https://*.cordial.com",
    "https://user:pw@api.cordial.io",
    "https://api.cordial.io@evil.org",
    "https://evil.org\\@api.cordial.io",
    "https://evil.org#@api.cordial.io",
    "https://evil.org?.cordial.io",
    "https://api.cordial.io?",
    "https://api.cordial.io/v2",
    "https://api.cordial.io/../x",
    "https://api.cordial.io#x",
    "https://api.cordial.io:",
    "https://api.cordial.io:0",
    "https://api.cordial.io:99999",
    "https://api.cordial.io:8443",
    "https://api.cordial.io:abc",
    "https://api.cordial.io.",
    "https://.cordial.io",
    "https://api..cordial.io",
    "https://-a.cordial.io",
    "https://api.cordial.io\n",
    "https://api.cordial.io\r\nx-evil: 1",
    " https://api.cordial.io",
    "https://api.cordiaI.io ",
    "https://\u0430pi.cordial.io",
    "http://api.cordial.io",
    "http://169.254.169.254",
    "http://169.254.170.2",
    "http://[fe80::1]",
    "http://[fe80::1%25eth0]",
    "http://[::ffff:169.254.169.254]",
    "http://[::ffff:127.0.0.1]",
    "http://[fd00:ec2::254]",
    "http://100.100.100.200",
    "http://168.63.129.16",
    "http://metadata.google.internal",
    "http://metadata",
    "http://0.0.0.0:80",
    "http://[::]:80",
    "http://127.0.0.2",
    "http://127.1",
    "http://2130706433",
    "http://0x7f000001",
    "http://0x7f.0.0.1",
    "http://0177.0.0.1",
    "http://224.0.0.1",
    "http://255.255.255.255",
]

BAD_UNLESS_ALLOWED = [
    ("https://cordial.com.evil.org", "https://cordial.com.evil.org"),
    ("https://evilcordial.com", "https://evilcordial.com"),
    ("https://localhost.evil.org", "https://localhost.evil.org"),
    ("http://sandbox:8899", "http://sandbox:8899"),
    ("http://10.0.0.7:8899", "http://10.0.0.7:8899"),
    ("https://proxy.example.org", "https://proxy.example.org"),
]


@pytest.mark.parametrize("name", DATA_CENTRES)
def test_a_data_centre_has_both_its_hosts(name: str) -> None:
    there = endpoint(name)
    assert there == Endpoint(ingest=DATA_CENTRES[name], core=CORE_API[name])
    assert there.url("/api/upsertContact") == DATA_CENTRES[name] + "/api/upsertContact"
    assert there.url("/v2/products") == CORE_API[name] + "/v2/products"


@pytest.mark.parametrize(("text", "ingest"), GOOD)
def test_a_good_url_is_taken(text: str, ingest: str) -> None:
    assert endpoint(text).ingest == ingest


def test_the_url_of_a_data_centre_has_the_core_host_of_that_data_centre() -> None:
    assert endpoint(DATA_CENTRES["usw2"]) == endpoint("usw2")


@pytest.mark.parametrize("allow", [False, True])
@pytest.mark.parametrize("text", BAD_WHATEVER_IS_ALLOWED)
def test_a_bad_endpoint_is_refused_whatever_is_allowed(text: str, allow: bool) -> None:
    with pytest.raises(EndpointError, match=r"cordial\.endpoint .*: .*; .+"):
        endpoint(text, allow=allow)


@pytest.mark.parametrize(("text", "base"), BAD_UNLESS_ALLOWED)
def test_a_foreign_host_needs_permission(text: str, base: str) -> None:
    with pytest.raises(EndpointError, match="--allow-endpoint"):
        endpoint(text)
    assert endpoint(text, allow=True) == Endpoint(ingest=base, core=base)


def test_a_password_in_the_url_is_not_repeated() -> None:
    with pytest.raises(EndpointError) as refused:
        endpoint("https://user:canary-secret@api.cordial.io")
    assert "canary" not in str(refused.value)
