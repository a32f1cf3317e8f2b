"""Who may read which page, whatever the request looks like."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.web.access import Access, named_host

TOKEN = "a-token-of-the-tests"
LOOPBACK = Access(loopback=True)
ELSEWHERE = Access(loopback=False, names=frozenset(["worker"]), token=lambda: TOKEN)

# (hosts, known on loopback, known elsewhere)
HOSTS = [
    (["localhost"], True, True),
    (["LOCALHOST:80"], True, True),
    (["127.0.0.1:8080"], True, True),
    (["[::1]"], True, True),
    (["[::1]:8080"], True, True),
    (["10.0.0.7"], False, True),
    (["10.0.0.7:8080"], False, True),
    (["[fd00::7]:8080"], False, True),
    (["worker"], False, True),
    (["Worker:8080"], False, True),
    ([], False, False),
    ([""], False, False),
    ([":80"], False, False),
    (["localhost", "localhost"], False, False),
    (["[::2"], False, False),
    (["::1"], False, False),
    (["localhost:80:80"], False, False),
    (["127.0.0.1@evil.example"], False, False),
    (["127.0.0.1.evil.example"], False, False),
    (["localhost."], False, False),
    (["worker.evil.example"], False, False),
    (["0x7f.0.0.1"], False, False),
    (["2130706433"], False, False),
    (["127.0.0.1:\u0661"], False, False),
]


def hosts(given):
    return [(b"host", one.encode("utf-8")) for one in given]


@pytest.mark.parametrize(("given", "near", "far"), HOSTS)
def test_a_host_is_an_address_or_a_name_that_was_told(given, near, far):
    assert (LOOPBACK.refusal("GET", "/livez", hosts(given)) is None) is near
    assert (ELSEWHERE.refusal("GET", "/livez", hosts(given)) is None) is far


HEADERS = st.lists(
    st.tuples(st.sampled_from([b"host", b"authorization", b"x"]), st.binary(max_size=60)),
    max_size=4,
)
PATHS = st.sampled_from(["/", "/livez", "/readyz", "/metrics", "/METRICS"]) | st.text(max_size=40)


@given(st.text(max_size=8), PATHS, HEADERS)
def test_nothing_but_a_get_with_the_token_reads_more_than_the_probes(method, path, headers):
    refused = ELSEWHERE.refusal(method, path, headers)
    if refused is None:
        assert method == "GET"
        sure = (b"authorization", f"Bearer {TOKEN}".encode()) in headers
        assert sure or path in ("/livez", "/readyz")
    else:
        assert refused.status in (401, 405, 421)


@given(st.lists(st.text(max_size=30), max_size=2))
def test_a_host_of_any_text_is_read_without_an_error(given):
    host = named_host(given)
    assert host is None or host == host.lower()
