"""The yardstick keeps what Faust writes in the folder of its run."""

import time
from pathlib import Path

from bench.programs import naive

NOBODY = "127.0.0.1:1"


def test_it_leaves_nothing_where_it_was_started(tmp_path):
    here = set(Path.cwd().iterdir())
    contestant = naive(NOBODY, f"http://{NOBODY}", tmp_path, "naive-S1")
    contestant.start()
    try:
        until = time.monotonic() + 60
        while not (tmp_path / "naive-S1-data").exists() and time.monotonic() < until:
            assert contestant.alive, contestant.tail()
            time.sleep(0.1)
    finally:
        contestant.kill()
    assert (tmp_path / "naive-S1-data").is_dir()
    assert not [one for one in set(Path.cwd().iterdir()) - here if one.name.startswith("naive")]
