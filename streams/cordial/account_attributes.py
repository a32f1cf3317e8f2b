"""The account's attributes and lists: asked for, kept in a file, asked for again.

A file that the settings name is read instead; then Cordial is not asked. What the last answer was
stands beside the tables, so that a worker that finds no Cordial begins with it.

An attribute that was known and is not told is believed gone when it is not told twice: one answer
that is not whole must not make a plan drop what the account has.
"""

import asyncio
import contextlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import structlog

from streams.cordial.account_pages import whole_list
from streams.cordial.client import CordialClient
from streams.core.catalogue import Catalogue, CatalogueError, catalogue_of

log = structlog.get_logger(__name__)

ATTRIBUTES, LISTS = "/v2/accountcontactattributes", "/v2/accountlists"
KEPT_AS = "attributes.json"


def parsed_catalogue(text: str | bytes) -> Catalogue:
    """The catalogue of a text: the account's answer, or `{"attributes": […], "lists": […]}`.

    Raises `CatalogueError`.
    """
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        raise CatalogueError("is no JSON") from None
    if isinstance(data, Mapping):
        return catalogue_of(data.get("attributes"), data.get("lists", ()))
    return catalogue_of(data)


def read_catalogue(file: Path) -> Catalogue:
    """The catalogue of a file. Raises `CatalogueError`."""
    try:
        return parsed_catalogue(file.read_bytes())
    except OSError as error:
        raise CatalogueError(f"{file}: cannot be read ({error.strerror})") from error
    except CatalogueError as error:
        raise CatalogueError(f"{file}: {error}") from None


async def ask_account(client: CordialClient) -> tuple[Catalogue, str] | None:
    """What the account answers, and the text to keep; None where it does not answer.

    Raises `CatalogueError` where the answer is none.
    """
    attributes = await whole_list(client, ATTRIBUTES, "key")
    lists = await whole_list(client, LISTS, "name") if attributes is not None else None
    if attributes is None or lists is None:
        return None
    text = json.dumps({"attributes": attributes, "lists": lists})
    return parsed_catalogue(text), text


@dataclass(slots=True, eq=False)
class AccountAttributes:
    """Knows the catalogue of one worker. `every` is in seconds."""

    client: CordialClient
    directory: Path
    file: Path | None
    every: float
    known: Catalogue | None = field(default=None)
    _earlier: Catalogue | None = field(default=None, init=False)
    _untold: frozenset[str] = field(default=frozenset(), init=False)

    async def begin(self) -> None:
        """Know what can be known now."""
        if self.file is None:
            with contextlib.suppress(CatalogueError):
                self._earlier = await asyncio.to_thread(read_catalogue, self.directory / KEPT_AS)
        await self._renew()
        if self.known is None and self.file is None:
            self.known = self._earlier
            if self.known is None:
                log.warning("attributes are not guarded until the account answers")
            else:
                log.warning("attributes of an earlier run are used: the account does not answer")

    async def run(self) -> None:
        """Ask again and again."""
        while True:
            await asyncio.sleep(self.every)
            await self._renew()

    async def _renew(self) -> None:
        try:
            found = await self._found()
        except CatalogueError as error:
            log.warning("the account's attributes cannot be used", error=str(error))
            return
        if found is not None and found != self.known:
            self.known = found
            log.info("the account's attributes are known", count=len(found.attributes))

    async def _found(self) -> Catalogue | None:
        if self.file is not None:
            return await asyncio.to_thread(read_catalogue, self.file)
        answer = await ask_account(self.client)
        if answer is None:
            return None
        catalogue, text = answer
        believed = self._believed(catalogue)
        if believed is catalogue:
            await asyncio.to_thread(self._keep, text)
        return believed

    def _believed(self, told: Catalogue) -> Catalogue:
        """With what was known and is not told for the first time."""
        before = self.known or self._earlier or told
        gone = frozenset(before.attributes) - frozenset(told.attributes)
        doubted, self._untold = gone - self._untold, gone
        if not doubted:
            return told
        log.warning(
            "the account tells fewer attributes than before; they are kept until it does again",
            count=len(doubted),
        )
        kept = {key: before.attributes[key] for key in doubted}
        return replace(told, attributes={**told.attributes, **kept})

    def _keep(self, text: str) -> None:
        kept = self.directory / KEPT_AS
        try:
            self.directory.mkdir(parents=True, exist_ok=True)
            new = kept.with_suffix(".new")
            new.write_text(text)
            new.replace(kept)
        except OSError as error:
            log.warning("attributes are not kept for the next run", error=error.strerror)
