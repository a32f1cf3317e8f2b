"""The account's attributes: asked for, kept beside the tables, read from a file."""

import asyncio
import json

import pytest

from streams.cordial.account_attributes import KEPT_AS, AccountAttributes, read_catalogue
from streams.core.catalogue import CatalogueError

FIRST = {"/v2/accountcontactattributes": [{"key": "a"}], "/v2/accountlists": [{"name": "vip"}]}


class Account:
    """A client that answers from memory."""

    def __init__(self, pages=None):
        self.pages = pages

    async def read(self, path, most):
        return None if self.pages is None else json.dumps(self.pages[path]).encode()


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
