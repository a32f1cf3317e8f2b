"""A whole list of the account, however many answers it takes.

Cordial documents no pages for the lists of attributes and of lists, and does for others, by
`page`. So the next page is asked for: where there are none it is refused, empty, or says the same
again. A list of which a part cannot be had is none.
"""

import json
from typing import Any, Protocol

from streams.cordial.wire import Reply
from streams.core.catalogue import CatalogueError, listed

MOST = 16 * 1024 * 1024
MOST_PAGES = 200
OK = 200
NO_SUCH_PAGE = (400, 404, 422)


class Reader(Protocol):
    """What asks the account: `streams.cordial.client.CordialClient`."""

    async def page(self, path: str, most: int) -> Reply | None:
        """The answer; None where none came, or not the whole of it."""


async def whole_list(reader: Reader, path: str, key: str) -> list[Any] | None:
    """All that the account tells at a path; None where it does not answer.

    `key` names the field by which one of the list is told from another. Raises `CatalogueError`
    where an answer is no list, or does not end.
    """
    first = await reader.page(path, MOST)
    if first is None or first.status != OK:
        return None
    found = _read(first.body, path)
    known = {_name(one, key) for one in found}
    for number in range(2, MOST_PAGES + 1):
        reply = await reader.page(f"{path}?page={number}", MOST)
        if reply is not None and reply.status in NO_SUCH_PAGE:
            return found
        if reply is None or reply.status != OK:
            return None
        new = [one for one in _read(reply.body, path) if _name(one, key) not in known]
        if not new:
            return found
        found += new
        known |= {_name(one, key) for one in new}
    raise CatalogueError(f"{path} has more than {MOST_PAGES} pages")


def _read(body: bytes, path: str) -> list[Any]:
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        raise CatalogueError("the account's answer is no JSON") from None
    return listed(said, f"the answer to {path} is")


def _name(one: Any, key: str) -> str:
    return str(one.get(key)) if isinstance(one, dict) else str(one)
