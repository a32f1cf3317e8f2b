"""The sandbox over HTTP: the key, the faults, the journal, then 202 and processing.

A plain ASGI application: cutting a connection needs the server's own transport, which
middlewares would hide.
"""

import asyncio
import base64
import json
import os
import random
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TextIO
from urllib.parse import parse_qs

import orjson

from streams.cordial.sandbox import attributes
from streams.cordial.sandbox.asgi import Receive, Scope, Send, answer, json_object, read
from streams.cordial.sandbox.faults import Faults
from streams.cordial.sandbox.openapi import CHECK, PAGES, openapi
from streams.cordial.sandbox.queue import Queue, Waiting
from streams.cordial.sandbox.rules import ROUTES, problems
from streams.cordial.sandbox.state import KEPT, State
from streams.cordial.sandbox.views import stats, views

BODY_MOST = 8 * 2**20
ACCESS_DENIED = {"error": "Access Denied: Authentication Failure"}


@dataclass(slots=True)
class SandboxConfig:
    """How the sandbox behaves. `journal_sync` makes each line survive the machine.

    `page_size`: what the account tells of itself comes in pages of so many.
    """

    key: str = "sandbox-key"
    strict: bool = False
    journal: Path | None = None
    journal_sync: bool = False
    attributes: list[dict[str, Any]] | None = None
    page_size: int | None = None
    faults: Faults = field(default_factory=Faults)


class Sandbox:
    """The ASGI application."""

    def __init__(self, config: SandboxConfig) -> None:
        self.config = config
        self.faults = config.faults
        self.state = State(attributes.known(config.attributes))
        self.journal: deque[dict[str, Any]] = deque(maxlen=KEPT)
        self._file: TextIO | None = config.journal.open("a") if config.journal else None
        self._count = 0
        self._queue = Queue(random.Random(config.faults.seed))

    def close(self) -> None:
        """Close the journal's file."""
        if self._file is not None:
            self._file.close()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            return
        body = await read(receive, BODY_MOST)
        self._work_off(time.time())
        path, method = scope["path"], scope["method"]
        if body is None:
            await answer(send, 413, {"error": "the body is too long"}, {"connection": "close"})
            return
        if path.startswith("/_sandbox/") or path == "/openapi.json":
            status, document = self._own(path, method, body)
            await answer(send, status, document)
        else:
            await self._api(scope, path, method, body, send)

    async def _api(self, scope: Scope, path: str, method: str, body: bytes, send: Send) -> None:
        started = time.time()
        action = ROUTES.get(path) if method == "POST" else None
        verdict = "ok" if action is None else self.faults.verdict(path, started)
        if self.faults.latency and action is not None:
            await asyncio.sleep(self.faults.latency)
        if verdict == "401" or self.faults.reject_key or not self._authorised(scope):
            await self._said(send, 401, ACCESS_DENIED, path, action, method, body)
        elif path == CHECK and method == "GET":
            await answer(send, 200, {"success": True})
        elif method == "GET" and path in PAGES:
            await answer(send, 200, self._page(path, scope["query_string"]))
        elif action is None:
            await self._said(send, 404, {"error": "no such route"}, path, action, method, body)
        elif self.faults.poisoned(body):
            status = self.faults.poison_status
            await self._said(send, status, {"error": "poison"}, path, action, method, body)
        elif verdict == "reset":
            self._write(path, action, method, None, status=None, accepted=False, result="reset")
            send.__self__.transport.abort()  # type: ignore[attr-defined]
        elif verdict.isdigit():
            await self._said(send, int(verdict), {"error": verdict}, path, action, method, body)
        else:
            await self._accept(send, path, action, method, body, verdict)

    def _pages(self) -> dict[str, Any]:
        """What the account tells of itself."""
        attributes = list((self.state.attributes or {}).values())
        lists = [{"name": name} for name in self.state.lists]
        return dict(zip(PAGES, (attributes, lists), strict=True))

    def _page(self, path: str, query: bytes) -> list[Any]:
        """The part of a list that is asked for; all of it where the sandbox has no pages."""
        whole: list[Any] = self._pages()[path]
        size = self.config.page_size
        if size is None:
            return whole
        said = parse_qs(query.decode("ascii", "replace")).get("page", ["1"])[0]
        number = max(1, int(said)) if said.isdecimal() and len(said) < 10 else 1
        return whole[(number - 1) * size : number * size]

    async def _accept(
        self, send: Send, path: str, action: str, method: str, body: bytes, verdict: str
    ) -> None:
        document = json_object(body)
        if document is None:
            await self._said(send, 400, {"error": "no JSON object"}, path, action, method, body)
            return
        found = list(problems(action, document)) if self.config.strict else []
        if found:
            error = {"error": True, "messages": found}
            self._write(path, action, method, document, status=422, accepted=False, result=found[0])
            await answer(send, 422, error)
            return
        queues = self.faults.queues
        cut = verdict == "cut"
        line = self._write(
            path,
            action,
            method,
            document,
            status=None if cut else 202,
            accepted=True,
            result="queued" if queues else self.state.process(action, document),
            cut=cut,
        )
        if queues:
            due = line["time"] + self.faults.process_delay
            self._queue.put(Waiting(action, document, due, line))
        if cut:
            send.__self__.transport.abort()  # type: ignore[attr-defined]
            return
        limits = self.faults.limits(path, time.time())
        await answer(send, 202, {"success": "success"}, limits, slow=verdict == "slow")

    async def _said(
        self,
        send: Send,
        status: int,
        document: Any,
        path: str,
        action: str | None,
        method: str,
        body: bytes,
    ) -> None:
        now = time.time()
        headers = self.faults.limits(path, now) if action else {}
        if status == 429 and not self.faults.untold:
            headers["Retry-After"] = "1"
        elif status == 503 and self.faults.retry_after:
            headers["Retry-After"] = f"{self.faults.retry_after:g}"
        self._write(path, action, method, None, status=status, accepted=False, result="refused")
        await answer(send, status, document, headers)

    def _authorised(self, scope: Scope) -> bool:
        headers = {
            name.decode("latin-1").lower(): value.decode("latin-1")
            for name, value in scope["headers"]
        }
        if headers.get("x-api-key") == self.config.key:
            return True
        basic = base64.b64encode(f"{self.config.key}:".encode()).decode()
        return headers.get("authorization") == f"Basic {basic}"

    def _write(
        self,
        path: str,
        action: str | None,
        method: str,
        body: Any,
        *,
        status: int | None,
        accepted: bool,
        result: str,
        cut: bool = False,
    ) -> dict[str, Any]:
        self._count += 1
        line = {
            "n": self._count,
            "time": time.time(),
            "method": method,
            "path": path,
            "action": action,
            "body": body,
            "status": status,
            "accepted": accepted,
            "cut": cut,
            "result": result,
        }
        self.journal.append(line)
        self._keep(line)
        return line

    def _work_off(self, now: float) -> None:
        """Process what is due; the journal's file has its result in a line of its own."""
        for one in self._queue.due(now, reordered=self.faults.reorder):
            result = one.line["result"] = self.state.process(one.action, one.body)
            self._keep({"processed": one.line["n"], "time": now, "result": result})

    def _keep(self, line: dict[str, Any]) -> None:
        if self._file is not None:
            self._file.write(json.dumps(line) + "\n")
            self._file.flush()
            if self.config.journal_sync:
                os.fsync(self._file.fileno())

    def _own(self, path: str, method: str, body: bytes) -> tuple[int, Any]:
        if path == "/_sandbox/faults" and method == "POST":
            try:
                self.faults.change(orjson.loads(body))
            except ValueError as error:
                return 400, {"error": str(error)}
            return 200, self.faults.shown()
        if path == "/_sandbox/attributes" and method == "POST":
            try:
                self.state.attributes = attributes.known(orjson.loads(body))
            except ValueError as error:
                return 400, {"error": str(error)}
            return 200, self._pages()
        known = self.views()
        view = known.get(path) if method == "GET" else None
        return (200, view()) if view else (404, {"error": "known are " + ", ".join(known)})

    def views(self) -> dict[str, Callable[[], Any]]:
        """What it shows of itself, by path."""
        known: dict[str, Callable[[], Any]] = {
            "/openapi.json": lambda: openapi(known),
            "/_sandbox/faults": self.faults.shown,
            "/_sandbox/journal": lambda: list(self.journal)[-1000:],
            **views(self.state),
            "/_sandbox/stats": lambda: {"requests": self._count, **stats(self.state)},
        }
        return known
