"""The sandbox answers as Cordial documents, and names what Cordial would ignore."""

import asyncio
import json
import statistics
import time

import aiohttp
import pytest

from streams.cordial.sandbox.__main__ import running
from streams.cordial.sandbox.app import SandboxConfig
from streams.cordial.sandbox.faults import Faults
from streams.cordial.sandbox.state import State

WHO = {"identifiers": {"email": "ana@shop.example"}, "identifiersPriority": ["email"]}
ITEM = {"productID": "p-1", "sku": "s-1", "name": "Shirt", "category": "Shirts", "qty": 2}

IGNORED = [
    ("upsertContact", {"identifiers": {}}, "identifiers is required"),
    (
        "createContactactivities",
        {"contact": WHO, "contactActivities": [{"name": "Signed Up"}]},
        "canBeCreated",
    ),
    (
        "createContactactivities",
        {"contact": {**WHO, "canBeCreated": True}, "contactActivities": [{"name": "open"}]},
        "reserved",
    ),
    (
        "createContactactivities",
        {"contact": {**WHO, "canBeCreated": True}, "contactActivities": [{"name": "x" * 41}]},
        "longer than 40",
    ),
    (
        "addProductsToCart",
        {"contact": WHO, "items": [{**ITEM, "qty": -1}]},
        "too small",
    ),
    (
        "addContactsToList",
        {
            "contacts": {"identifiers": [WHO["identifiers"]]},
            "listName": "VIP",
            "isAllowedToCreateLists": False,
        },
        "may not be created",
    ),
    (
        "upsertSupplementRecords",
        {"contact": WHO, "supplement": "s", "records": [{"id": "0123456789abcdef01234567"}]},
        "24-digit",
    ),
    (
        "upsertContact",
        {**WHO, "attributes": {"channels.email.subscribeStatus": "pendingDOI"}},
        "no status of email",
    ),
    (
        "createContactactivities",
        {"contact": WHO, "contactActivities": [{"name": "x", "time": "2026-11-20T10:00:00"}]},
        "a time with its offset",
    ),
    (
        "createContactactivities",
        {"contact": WHO, "contactActivities": [{"name": "x", "geo": {"geoLoc": {"lat": "5"}}}]},
        "geoLoc.lat must be number",
    ),
]


@pytest.mark.parametrize(("action", "body", "reason"), IGNORED)
def test_what_cordial_would_ignore_is_named(action, body, reason):
    result = State().process(action, body)
    assert result.startswith("ignored: ")
    assert reason in result


def test_who_unsubscribed_is_subscribed_by_force_alone():
    state, key = State(), "channels.email.subscribeStatus"

    def told(status, **more):
        result = state.process("upsertContact", {**WHO, "attributes": {key: status}, **more})
        return result, state.contacts[0].attributes[key]

    assert told("subscribed") == ("ok", "subscribed")
    assert told("unsubscribed") == ("ok", "unsubscribed")
    for status in ("subscribed", "none"):
        result, kept = told(status)
        assert result.startswith("ignored: channels.email.subscribeStatus leaves unsubscribed")
        assert kept == "unsubscribed"
    assert told("unsubscribed") == ("ok", "unsubscribed")
    assert told("subscribed", forceSubscribe=True) == ("ok", "subscribed")


def test_carts_orders_and_lists_are_kept():
    state = State()
    assert state.process("addProductsToCart", {"contact": WHO, "items": [ITEM]}) == "ok"
    assert state.process("addProductsToCart", {"contact": WHO, "items": [ITEM]}) == "ok"
    (contact,) = state.contacts
    assert contact.cart == {("p-1", "s-1"): 4}
    order = {
        "contact": WHO,
        "orderID": "o-1",
        "purchaseDate": "2026-11-20T10:00:00+00:00",
        "status": "Order Completed",
        "items": [ITEM],
    }
    assert state.process("upsertOrder", {**order, "removeItemsFromCart": False}) == "ok"
    assert contact.cart
    assert state.process("upsertOrder", order) == "ok"
    assert contact.cart == {}
    joined = {"contacts": {"identifiers": [WHO["identifiers"]]}, "listName": "VIP"}
    assert state.process("addContactsToList", joined) == "ok"
    assert contact.lists == {"VIP"}


def upsert(state, identifiers, **more):
    body = {"identifiers": identifiers, "identifiersPriority": [*identifiers], **more}
    return state.process("upsertContact", body)


def test_a_contact_is_found_by_any_identifier_and_has_those_of_all_requests():
    state = State()
    upsert(state, {"segment_id": "u-1", "email": "ana@shop.example"})
    upsert(state, {"channels.phone.address": "+4915112345678", "email": "ana@shop.example"})
    block = {"identifiers": {"channels.phone.address": "+4915112345678"}}
    by_phone = {"contact": {**block, "identifiersPriority": ["phone"]}, "items": [ITEM]}
    assert state.process("addProductsToCart", by_phone) == "ok"
    [contact] = state.contacts
    assert set(contact.identifiers) == {"segment_id", "email", "channels.phone.address"}
    assert contact.cart


@pytest.mark.parametrize("key", ["email", "channels.email.address"])
def test_an_attribute_changes_the_address_and_the_old_one_finds_nobody(key):
    state = State()
    upsert(state, {key: "ana@shop.example"})
    change = {"attributes": {"email": "ana@new.example"}}
    assert upsert(state, {key: "ana@shop.example"}, **change) == "ok"
    [contact] = state.contacts
    assert contact.identifiers == {key: "ana@new.example"}
    upsert(state, {key: "ana@new.example"})
    assert len(state.contacts) == 1
    upsert(state, {key: "ana@shop.example"})
    assert len(state.contacts) == 2


def test_an_address_is_one_contacts_unless_the_request_allows_a_merge():
    state = State()
    upsert(state, {"segment_id": "u-1"}, attributes={"city": "Ulm"})
    upsert(state, {"email": "ana@shop.example"}, attributes={"plan": "vip"})
    change = {"attributes": {"email": "ana@shop.example"}}
    refused = "ignored: email is another contact's"
    assert upsert(state, {"segment_id": "u-1"}, **change) == refused
    options = {"mergeOptions": {"mergeAllowed": True, "mergeableSecondaryKeys": ["email"]}}
    assert upsert(state, {"segment_id": "u-1"}, **change, **options) == "ok"
    [contact] = state.contacts
    assert contact.identifiers == {"segment_id": "u-1", "email": "ana@shop.example"}
    assert (contact.attributes["city"], contact.attributes["plan"]) == ("Ulm", "vip")


def test_an_activity_says_when_it_may_merge():
    options = {"mergeOptions": {"mergeAllowed": True, "mergeableSecondaryKeys": ["email"]}}
    for given, left in (({}, 2), (options, 1)):
        state = State()
        upsert(state, {"segment_id": "u-1"})
        upsert(state, {"email": "ana@shop.example"})
        who = {"segment_id": "u-1", "email": "ana@shop.example"}
        contact = {"identifiers": who, "identifiersPriority": [*who], **given}
        activity = {"contact": contact, "contactActivities": [{"name": "Viewed"}]}
        assert state.process("createContactactivities", activity) == "ok"
        assert len(state.contacts) == left


async def test_over_a_socket_answers_faults_and_journal(tmp_path):
    journal = tmp_path / "journal.jsonl"
    config = SandboxConfig(key="right", journal=journal, faults=Faults(rate=2))
    async with running(config) as url, aiohttp.ClientSession() as client:
        path, headers = f"{url}/api/upsertContact", {"x-api-key": "right"}
        async with client.post(path, json=WHO, headers={"x-api-key": "wrong"}) as answer:
            assert answer.status == 401
        config.faults.change({"rate": 1})
        statuses = []
        for _ in range(4):
            async with client.post(path, json=WHO, headers=headers) as answer:
                statuses.append(answer.status)
                assert answer.headers["X-Rate-Limit-Limit"] == "1"
        assert 429 in statuses
        config.faults.change({"untold": True})
        async with client.post(path, json=WHO, headers=headers) as answer:
            assert {"Retry-After", "X-Rate-Limit-Limit"}.isdisjoint(answer.headers)
        config.faults.change({"rate": 0, "cut": 1.0})
        with pytest.raises(aiohttp.ClientError):
            await client.post(path, json=WHO, headers=headers)
        config.faults.change({"cut": 0.0, "reset": 1.0})
        with pytest.raises(aiohttp.ClientError):
            await client.post(path, json=WHO, headers=headers)
    lines = [json.loads(line) for line in journal.read_text().splitlines()]
    assert [line["accepted"] for line in lines[-2:]] == [True, False]
    assert lines[-2]["cut"]


async def test_an_answer_leaves_at_once():
    """Head and body are two writes; a socket that waits for the first's ack takes 40 ms more."""
    times = []
    async with running(SandboxConfig(key="right")) as url, aiohttp.ClientSession() as client:
        path, headers = f"{url}/api/upsertContact", {"x-api-key": "right"}
        for _ in range(15):
            began = time.perf_counter()
            async with client.post(path, json=WHO, headers=headers) as answer:
                await answer.read()
            times.append(time.perf_counter() - began)
    assert statistics.median(times) < 0.03


async def shown(client, url, what):
    async with client.get(f"{url}/_sandbox/{what}") as answer:
        return await answer.json()


async def test_processing_comes_later_where_it_is_delayed(tmp_path):
    journal = tmp_path / "journal.jsonl"
    faults = Faults(process_delay=0.2)
    config = SandboxConfig(key="right", journal=journal, faults=faults)
    async with running(config) as url, aiohttp.ClientSession() as client:
        path, headers = f"{url}/api/upsertContact", {"x-api-key": "right"}
        for body in (WHO, {"identifiers": {}}):
            async with client.post(path, json=body, headers=headers) as answer:
                assert answer.status == 202
        assert await shown(client, url, "contacts") == []
        assert [line["result"] for line in await shown(client, url, "journal")] == ["queued"] * 2
        await asyncio.sleep(0.25)
        assert len(await shown(client, url, "contacts")) == 1
    assert [one.split(":")[0] for one in seen_results(journal)] == ["ok", "ignored"]


def seen_results(journal):
    lines = [json.loads(line) for line in journal.read_text().splitlines()]
    return [line["result"] for line in lines if "processed" in line]


async def test_what_waits_is_processed_in_any_order_where_that_is_asked_for():
    faults = Faults(process_delay=0.3, reorder=True, seed=1)
    config = SandboxConfig(key="right", faults=faults)
    async with running(config) as url, aiohttp.ClientSession() as client:
        path, headers = f"{url}/api/upsertContact", {"x-api-key": "right"}
        for number in range(8):
            body = {"identifiers": {"email": f"{number}@shop.example"}}
            await client.post(path, json=body, headers=headers)
        await asyncio.sleep(0.35)
        contacts = await shown(client, url, "contacts")
        emails = [one["identifiers"]["email"] for one in contacts]
    assert emails != sorted(emails)
    assert len(emails) == 8


async def test_poison_fails_the_requests_that_hold_it_and_no_other():
    config = SandboxConfig(key="right", faults=Faults(poison="bad@", poison_status=422))
    async with running(config) as url, aiohttp.ClientSession() as client:
        path, headers = f"{url}/api/upsertContact", {"x-api-key": "right"}
        bad = {"identifiers": {"email": "bad@shop.example"}}
        for body, status in ((bad, 422), (WHO, 202)):
            async with client.post(path, json=body, headers=headers) as answer:
                assert answer.status == status


def test_an_unknown_fault_is_refused_with_the_known_ones():
    with pytest.raises(ValueError, match="known are"):
        Faults().change({"latencyy": 1})


def test_each_so_many_th_request_of_an_endpoint_is_refused():
    faults = Faults(refused_each=3)
    asked = ["/a", "/a", "/b", "/a", "/b", "/b", "/a"]
    told = [faults.verdict(path, 0.0) for path in asked]
    assert told == ["ok", "ok", "ok", "429", "ok", "429", "ok"]
    faults.change({"refused_each": 0})
    assert {faults.verdict("/a", 0.0) for _ in range(9)} == {"ok"}
