"""One stage per module of tests, as the module's `STAGING` says."""

import pytest_asyncio

from tests.worker.harness import staged


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def stage(request, tmp_path_factory):
    async with staged(tmp_path_factory.mktemp("stage"), request.module.STAGING) as one:
        yield one
