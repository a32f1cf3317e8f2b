"""The account's attributes: asked for, kept beside the tables, read from a file."""

import asyncio
import json

import httpx
import pytest

from streams.cordial.account_attributes import (
    KEPT_AS,
    AccountAttributes,
    ask_account,
    read_catalogue,
)
from streams.cordial.account_pages import MOST_PAGES, whole_list
from streams.cordial.client import CordialClient
from streams.cordial.endpoint import endpoint
from streams.cordial.sandbox.__main__ import running
from streams.cordial.sandbox.app import SandboxConfig
from streams.cordial.wire import Reply
from streams.core.catalogue import CatalogueError

FIRST = {"/v2/accountcontactattributes": [{"key": "a"}], "/v2/accountlists": [{"name": "vip"}]}


class Account:
    """A client that answers from memory; it knows no pages, as Cordial documents none."""

    def __init__(self, pages=None):
        self.pages = pages

    async def page(self, path, most):
        if self.pages is None:
            return None
        return answer(self.pages[path.partition("?")[0]])


def answer(said, status=200):
    return Reply(status, httpx.Headers(), json.dumps(said).encode(), complete=True)


def keeper(directory, client, *, file=None):
    return AccountAttributes(client, directory, file, 0.01)


async def test_what_the_account_said_is_there_when_it_is_away(tmp_path):
    first = keeper(tmp_path / "data", Account(FIRST))
    await first.begin()
    assert (set(first.known.attributes), first.known.lists) == ({"a"}, {"vip"})
    later = keeper(tmp_path / "data", Account())
    await later.begin()
    assert later.known == first.known


async def test_it_is_asked_again_and_what_is_no_answer_changes_nothing(tmp_path):
    client = Account(FIRST)
    kept = keeper(tmp_path, client)
    await kept.begin()
    asking = asyncio.create_task(kept.run())
    client.pages = {**FIRST, "/v2/accountcontactattributes": {"error": True}}
    await asyncio.sleep(0.05)
    assert set(kept.known.attributes) == {"a"}
    client.pages = {**FIRST, "/v2/accountcontactattributes": [{"key": "a"}, {"key": "b"}]}
    for _ in range(200):
        await asyncio.sleep(0.01)
        if len(kept.known.attributes) == 2:
            break
    asking.cancel()
    assert set(kept.known.attributes) == {"a", "b"}
    assert set(read_catalogue(tmp_path / KEPT_AS).attributes) == {"a", "b"}


async def test_with_a_file_nobody_is_asked(tmp_path):
    file = tmp_path / "own.json"
    file.write_text(json.dumps({"attributes": [{"key": "c"}], "lists": ["vip"]}))
    kept = keeper(tmp_path, Account(FIRST), file=file)
    await kept.begin()
    assert (set(kept.known.attributes), kept.known.lists) == ({"c"}, {"vip"})


async def test_nothing_is_known_of_an_account_that_never_answered(tmp_path):
    kept = keeper(tmp_path, Account())
    await kept.begin()
    assert kept.known is None


@pytest.mark.parametrize("text", ["", "[", "{}", '{"attributes": 1}', "3"])
def test_a_file_that_is_no_catalogue_is_told_with_its_name(tmp_path, text):
    file = tmp_path / "own.json"
    file.write_text(text)
    with pytest.raises(CatalogueError, match=r"own\.json"):
        read_catalogue(file)


class Paged:
    """Answers of one path by page; `otherwise` for every page beyond them."""

    def __init__(self, *answers, otherwise):
        self.answers = answers
        self.otherwise = otherwise

    async def page(self, path, most):
        number = int(path.rpartition("=")[2]) if "?" in path else 1
        return self.answers[number - 1] if number <= len(self.answers) else self.otherwise


def keys(*names):
    return [{"key": name} for name in names]


A, B, C = answer(keys("a", "b")), answer(keys("c", "d")), answer(keys("e"))
WHOLE = [
    ([A, B, C], answer([]), "abcde"),
    ([A, B, C], C, "abcde"),
    ([A, B], answer({"error": True}, 404), "abcd"),
    ([A], answer({"error": True}, 422), "ab"),
    ([A], A, "ab"),
    ([answer({"a": {"key": "a"}, "b": {"key": "b"}})], A, "ab"),
    ([answer([])], answer([]), ""),
]


@pytest.mark.parametrize(("answers", "otherwise", "found"), WHOLE)
async def test_every_page_is_read(answers, otherwise, found):
    told = await whole_list(Paged(*answers, otherwise=otherwise), "/v2/x", "key")
    assert "".join(one["key"] for one in told) == found


@pytest.mark.parametrize("lost", [None, answer({"error": True}, 503), answer({}, 401)])
async def test_a_list_that_is_not_whole_is_none(lost):
    assert await whole_list(Paged(A, otherwise=lost), "/v2/x", "key") is None
    assert await whole_list(Paged(otherwise=lost), "/v2/x", "key") is None


async def test_pages_that_never_end_are_no_list():
    class Endless:
        async def page(self, path, most):
            return answer(keys(path))

    with pytest.raises(CatalogueError, match=f"more than {MOST_PAGES} pages"):
        await whole_list(Endless(), "/v2/x", "key")


async def test_the_sandbox_tells_pages_and_all_of_them_are_asked_for():
    known = [{"key": f"a{number}", "type": "string"} for number in range(7)]
    config = SandboxConfig(key="right", attributes=known, page_size=3)
    async with running(config) as url:
        transport = httpx.AsyncHTTPTransport()
        client = CordialClient(endpoint(url), key=lambda: "right", deadline=5, transport=transport)
        one = await client.page("/v2/accountcontactattributes?page=2", 100_000)
        catalogue, _ = await ask_account(client)
        await client.aclose()
    assert [attribute["key"] for attribute in json.loads(one.body)] == ["a3", "a4", "a5"]
    assert {f"a{number}" for number in range(7)} <= set(catalogue.attributes)


async def test_what_is_not_told_once_is_kept_and_what_is_not_told_twice_is_gone(tmp_path):
    path = "/v2/accountcontactattributes"
    client = Account({**FIRST, path: keys("a", "b")})
    kept = keeper(tmp_path, client)
    await kept.begin()
    client.pages = {**FIRST, path: keys("b", "c")}
    await kept._renew()
    assert set(kept.known.attributes) == {"a", "b", "c"}
    assert set(read_catalogue(tmp_path / KEPT_AS).attributes) == {"a", "b"}
    await kept._renew()
    assert set(kept.known.attributes) == {"b", "c"}
    assert set(read_catalogue(tmp_path / KEPT_AS).attributes) == {"b", "c"}
    client.pages = {**FIRST, path: keys("b", "c", "a")}
    await kept._renew()
    client.pages = {**FIRST, path: keys("b")}
    await kept._renew()
    assert set(kept.known.attributes) == {"a", "b", "c"}


async def test_a_worker_that_starts_keeps_what_the_one_before_knew(tmp_path):
    await keeper(tmp_path, Account(FIRST)).begin()
    later = keeper(tmp_path, Account({**FIRST, "/v2/accountcontactattributes": keys("b")}))
    await later.begin()
    assert set(later.known.attributes) == {"a", "b"}


@pytest.mark.parametrize("content", [b"", b"{", b"\xff\x00", b'{"attributes": 7}', b"[" * 100_000])
async def test_what_was_kept_and_is_damaged_is_nothing(content, tmp_path):
    (tmp_path / KEPT_AS).write_bytes(content)
    kept = keeper(tmp_path, Account())
    await kept.begin()
    assert kept.known is None
