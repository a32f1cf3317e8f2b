"""Whether a package of requirements.lock has a known weakness: `python -m tools.audit`.

pip-audit says that nothing was found where it could not look, too. So a release that is known to
be weak is looked up first: where it is not called so, nothing is, and the audit is skipped and
says why. Exit 0: nothing found, or skipped (5 with AUDIT_REQUIRED=1); 5: found.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

LOCK: Final = Path(__file__).parents[1] / "requirements.lock"
WEAK: Final = "aiohttp==3.9.1"
"""CVE-2024-23334 and others."""
OK, FAILED = 0, 5
SECONDS: Final = 300


@dataclass(frozen=True, slots=True)
class Looked:
    """What pip-audit said of a file of requirements."""

    weak: tuple[str, ...]
    whole: bool
    why: str = ""


Look = Callable[[Path], Looked]


def read(code: int, output: str, errors: str) -> Looked:
    """What pip-audit's exit code and words amount to."""
    try:
        document = json.loads(output)
    except ValueError:
        said = [line for line in errors.splitlines() if line.startswith("ERROR")]
        return Looked((), whole=False, why=(said or errors.splitlines() or ["no answer"])[-1])
    weak = tuple(_weak(document))
    skipped = [str(one["name"]) for one in document["dependencies"] if "skip_reason" in one]
    whole = not skipped and code == (1 if weak else 0)
    return Looked(weak, whole, why=f"not looked up: {', '.join(skipped)}" if skipped else "")


def _weak(document: Any) -> Iterator[str]:
    for one in document["dependencies"]:
        for found in one.get("vulns", ()):
            yield f"{one['name']} {one['version']}: {found['id']}, repaired in " + (
                ", ".join(found["fix_versions"]) or "no release"
            )


def look(file: Path) -> Looked:
    """Ask pip-audit about the requirements of a file, as they are pinned."""
    command = [sys.executable, "-m", "pip_audit", "--strict", "--no-deps", "--disable-pip"]
    command += ["--progress-spinner", "off", "-f", "json", "-r", str(file)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=False)
    except subprocess.TimeoutExpired:
        return Looked((), whole=False, why=f"no answer within {SECONDS} s")
    return read(done.returncode, done.stdout, done.stderr)


def audit(look: Look, required: bool) -> tuple[int, str]:
    """The exit code, and what to print."""
    with tempfile.TemporaryDirectory() as directory:
        known = Path(directory) / "weak.txt"
        known.write_text(f"{WEAK}\n")
        tried = look(known)
    if not tried.weak:
        why = tried.why or "it calls a release safe that is not"
        return _skipped(f"the database of weaknesses does not answer ({why})", required)
    found = look(LOCK)
    if found.weak:
        return FAILED, "\n".join(found.weak)
    if not found.whole:
        return _skipped(found.why, required)
    return OK, f"audit: no known weakness in {LOCK.name}"


def _skipped(why: str, required: bool) -> tuple[int, str]:
    return (FAILED if required else OK), f"SKIPPED: audit of {LOCK.name}: {why}"


if __name__ == "__main__":
    code, said = audit(look, os.environ.get("AUDIT_REQUIRED") == "1")
    print(said)
    sys.exit(code)
