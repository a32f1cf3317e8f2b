"""The sandbox is as it describes itself, and no request of whatever bytes makes it fail."""

import asyncio
import json

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis.specs.openapi.checks import (
    ignored_auth,
    negative_data_rejection,
    positive_data_acceptance,
    unsupported_method,
)

from streams.cordial.sandbox.__main__ import running
from streams.cordial.sandbox.app import BODY_MOST, Sandbox, SandboxConfig
from streams.cordial.sandbox.faults import Faults
from streams.cordial.sandbox.openapi import CHANGED, CHECK, PAGES, openapi
from streams.cordial.sandbox.rules import BODIES, ROUTES
from streams.cordial.sandbox.views import views

pytestmark = pytest.mark.slow


KEY = "the-key"
EXAMPLES = 8
# It takes what Cordial takes, and says 404 where Cordial has no route for the method.
NOT_THESE = [ignored_auth, negative_data_rejection, positive_data_acceptance, unsupported_method]


def made():
    return Sandbox(SandboxConfig(key=KEY))


def test_every_route_is_described_and_every_description_is_a_route():
    sandbox = made()
    found = openapi(sandbox.views())["paths"]
    assert set(found) == {*ROUTES, *PAGES, CHECK, *sandbox.views()}
    assert set(views(sandbox.state)) < set(found)
    assert {path for path, one in found.items() if "post" in one} == {*ROUTES, *CHANGED}


def asked(sandbox, method, path, **more):
    """The answer, inside this process; an error of the sandbox is raised."""

    async def ask():
        wire = httpx.ASGITransport(app=sandbox)
        async with httpx.AsyncClient(transport=wire, base_url="http://sandbox") as client:
            return await client.request(method, path, **more)

    return asyncio.run(ask())


def test_it_describes_itself():
    sandbox = made()
    assert asked(sandbox, "GET", "/openapi.json").json() == openapi(sandbox.views())


def test_every_page_that_is_described_is_there():
    sandbox = made()
    for path in [*PAGES, CHECK, *sandbox.views()]:
        answer = asked(sandbox, "GET", path, headers={"x-api-key": KEY})
        assert answer.status_code == 200, path


def fuzz(url, document):
    for found in schemathesis.openapi.from_dict(document).get_all_operations():
        operation = found.ok()
        if operation.path in CHANGED and operation.method == "post":
            continue  # it would make its own trouble

        @given(case=operation.as_strategy())
        @settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[*HealthCheck])
        def ask(case):
            case.headers.update({"x-api-key": KEY})
            case.call_and_validate(base_url=url, excluded_checks=NOT_THESE)

        ask()


async def test_every_route_answers_as_described():
    async with running(SandboxConfig(key=KEY)) as url:
        await asyncio.to_thread(fuzz, url, openapi(made().views()))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=8,
)


def bodies(action):
    """Objects with the fields that are documented, and anything in them."""
    names = [name.rstrip("*") for name in BODIES[action]]
    return st.dictionaries(st.sampled_from(names) | st.text(max_size=8), JSON) | JSON


SHARED = made()


@pytest.mark.parametrize("path", ROUTES)
@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_no_document_makes_it_fail(path, data):
    body = data.draw(bodies(ROUTES[path]))
    sent = json.dumps(body).encode() if data.draw(st.booleans()) else data.draw(st.binary())
    answer = asked(SHARED, "POST", path, headers={"x-api-key": KEY}, content=sent)
    assert answer.status_code in (202, 400)
    for view in ("/_sandbox/contacts", "/_sandbox/carts", "/_sandbox/lists", "/_sandbox/journal"):
        assert asked(SHARED, "GET", view).status_code == 200


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(["GET", "POST", "PUT", "DELETE"]),
    st.sampled_from([*ROUTES, *PAGES, CHECK, "/openapi.json", "/"]),
    st.binary(max_size=30).filter(lambda key: b"\r" not in key and b"\n" not in key),
    st.text(max_size=40),
)
def test_no_key_and_no_query_makes_it_fail(method, path, key, query):
    headers = {"x-api-key": key, "authorization": key}
    answer = asked(SHARED, method, path, headers=headers, params={"page": query})
    assert answer.status_code in (200, 401, 404)


NO_FAULTS = [
    [],
    3,
    None,
    {"nope": 1},
    {"latency": "long"},
    {"latency": -1},
    {"latency": 1e300},
    {"cut": True},
    {"seed": 1.5},
    {"poison": 3},
    {"outage": "yes"},
    {"latency": 0.1, "reorder": None},
]


@pytest.mark.parametrize("faults", NO_FAULTS, ids=str)
def test_what_is_no_fault_is_refused_and_changes_nothing(faults):
    sandbox = made()
    answer = asked(sandbox, "POST", "/_sandbox/faults", content=json.dumps(faults).encode())
    assert answer.status_code == 400
    assert sandbox.faults.shown() == Faults().shown()


def test_a_body_without_an_end_is_refused():
    sent = b" " * (BODY_MOST + 1)
    answer = asked(made(), "POST", "/api/upsertContact", headers={"x-api-key": KEY}, content=sent)
    assert answer.status_code == 413
