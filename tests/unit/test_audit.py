"""The audit is green only where it has looked."""

import json
import re

import pytest

from tools.audit import FAILED, LOCK, OK, Looked, audit, read

WEAK = Looked(("aiohttp 3.9.1: CVE-1, repaired in 3.9.2",), whole=True)
CLEAN = Looked((), whole=True)
AWAY = Looked((), whole=False, why="ERROR: no network")


def answering(of_weak, of_lock):
    return lambda file: of_lock if file == LOCK else of_weak


CASES = [
    ("nothing found", WEAK, CLEAN, OK, OK, "audit: no known weakness"),
    ("something found", WEAK, WEAK, FAILED, FAILED, "repaired in 3.9.2"),
    ("no network", AWAY, CLEAN, OK, FAILED, "SKIPPED: audit of requirements.lock: .*no network"),
    ("a database that knows nothing", CLEAN, CLEAN, OK, FAILED, "SKIPPED: .*calls a release safe"),
    ("gone in the midst", WEAK, AWAY, OK, FAILED, "SKIPPED: .*no network"),
]


@pytest.mark.parametrize(
    ("of_weak", "of_lock", "code", "required", "said"),
    [one[1:] for one in CASES],
    ids=[one[0] for one in CASES],
)
def test_it_is_green_only_where_it_has_looked(of_weak, of_lock, code, required, said):
    look = answering(of_weak, of_lock)
    for wanted, must in ((code, False), (required, True)):
        ended, text = audit(look, must)
        assert ended == wanted
        assert re.search(said, text)


def dependency(**more):
    return json.dumps({"dependencies": [{"name": "a", "version": "1", "vulns": [], **more}]})


FOUND = dependency(vulns=[{"id": "CVE-1", "fix_versions": ["2"]}])
ANSWERS = [
    (0, dependency(), "", Looked((), whole=True)),
    (1, FOUND, "", Looked(("a 1: CVE-1, repaired in 2",), whole=True)),
    (0, dependency(skip_reason="not there"), "", Looked((), False, "not looked up: a")),
    (1, dependency(), "", Looked((), whole=False)),
    (1, "", "WARNING: x\nERROR: not found", Looked((), False, "ERROR: not found")),
    (1, "", "", Looked((), False, "no answer")),
]


@pytest.mark.parametrize(("code", "output", "errors", "wanted"), ANSWERS)
def test_what_pip_audit_says_is_read_with_suspicion(code, output, errors, wanted):
    assert read(code, output, errors) == wanted
