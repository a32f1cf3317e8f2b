"""A whole worker at a broker that wants TLS and a password, or will not have it."""

import asyncio
import time

import pytest

from tests.broker.secured.conftest import FIRST, SECOND, changed, said, staging
from tests.worker.harness import event, staged_at, until

pytestmark = pytest.mark.kafka


async def test_it_delivers_and_goes_on_with_the_password_that_was_put_in_its_place(
    ports, authority, password, tmp_path
):
    async with staged_at(
        f"127.0.0.1:{ports['plain']}", tmp_path, staging(ports, authority, password)
    ) as stage:
        who = {"traits": {"email": "ana@shop.example"}}
        await until(stage.worker.ready)
        await stage.publish(event(event="Seen", messageId="s-1", context=who))
        await stage.outcomes("s-1")
        await asyncio.to_thread(changed, ports, SECOND)
        password.write_text(SECOND + "\n")
        await asyncio.sleep(9)  # by then the broker has closed whatever the first had opened
        await stage.publish(event(event="Seen", messageId="s-2", context=who))
        assert [one[1] for one in await stage.outcomes("s-2")] == ["delivered"]
        await until(stage.worker.ready)
        assert FIRST not in said(stage)
        assert SECOND not in said(stage)


REFUSED = [
    ("good", "wrong", "rejects the user 'worker' or its password; look at kafka.username"),
    ("old", FIRST, "certificate has expired"),
]


@pytest.mark.parametrize(("listener", "text", "why"), REFUSED, ids=[one[0] for one in REFUSED])
async def test_it_ends_with_exit_3_and_the_reason_after_a_while_of_patience(
    listener, text, why, ports, authority, password, tmp_path
):
    password.write_text(text)
    started = time.monotonic()
    given = staging(ports, authority, password, listener)
    async with staged_at(f"127.0.0.1:{ports['plain']}", tmp_path, given) as stage:
        await until(lambda: "broker_refuses" in stage.worker.page("/readyz")[1])
        assert stage.worker.page("/livez")[0] == 200
        assert await asyncio.to_thread(stage.worker.process.wait, 120) == 3
        assert time.monotonic() - started > 3
        last = said(stage).splitlines()[-1]
        assert last.startswith(f"cordial-streams: 127.0.0.1:{ports[listener]} ")
        assert why in last
        assert text not in said(stage) or text == "wrong"
        checked = await stage.run("check")
        assert checked.returncode == 3
        assert why in checked.stderr


async def test_a_password_that_is_put_right_within_the_patience_is_taken(
    ports, authority, password, tmp_path
):
    password.write_text("not yet")
    given = staging(ports, authority, password)
    async with staged_at(f"127.0.0.1:{ports['plain']}", tmp_path, given) as stage:
        await until(lambda: "broker_refuses" in stage.worker.page("/readyz")[1])
        password.write_text(FIRST)
        await until(stage.worker.ready)
