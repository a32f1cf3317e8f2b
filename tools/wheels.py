"""Asks pip whether every locked package has a wheel for both architectures of the image.

What has none is compiled in the Dockerfile's first stage: known here, so that another one is seen.
Exit 5 where a package has no wheel and is not known, or has one by now.
"""

import re
import subprocess
import sys
import tempfile
from pathlib import Path

from streams.exits import FAILED, OK

LOCK = Path(__file__).parents[1] / "requirements.lock"
WITHOUT = {
    "x86_64": {"avro-python3"},
    "aarch64": {"avro-python3", "faust-streaming"},
}
"""Packages that have no wheel. The first is of Python alone, the second has parts in C."""
GLIBC = range(17, 37)
"""Minor versions of glibc 2, up to that of Debian 12, which the image is of."""
NONE = re.compile(r"No matching distribution found for ([\w.-]+)==")


def packages() -> dict[str, str]:
    """The entry of each package in the lock."""
    entries = re.split(r"\n(?=\w)", LOCK.read_text())
    return {re.split(r"[\[=]", one)[0]: one for one in entries if "==" in one}


def without(architecture: str) -> set[str]:
    """The packages that have no wheel there. Raises `RuntimeError` where pip cannot tell."""
    left, found = packages(), set[str]()
    while True:
        with tempfile.TemporaryDirectory() as directory:
            lock = Path(directory) / "lock"
            lock.write_text("\n".join(left.values()))
            done = _asked(architecture, lock)
        missing = NONE.search(done.stderr)
        if missing is None:
            if done.returncode:
                raise RuntimeError(done.stderr[-1000:])
            return found
        found.add(missing[1])
        del left[missing[1]]


def _asked(architecture: str, lock: Path) -> "subprocess.CompletedProcess[str]":
    words = ["install", "--dry-run", "--quiet", "--no-deps", "--only-binary=:all:"]
    words += ["--python-version", "3.11", "--target", str(lock.parent / "nowhere")]
    words += [f"--platform=manylinux_2_{one}_{architecture}" for one in GLIBC]
    words += [f"--platform=manylinux2014_{architecture}", "--require-hashes", "-r", str(lock)]
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", *words]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def main() -> int:
    """Ask for both."""
    code = OK
    for architecture, known in WITHOUT.items():
        found = without(architecture)
        print(f"{architecture}: no wheel for {', '.join(sorted(found)) or 'nothing'}")
        if found != known:
            print(
                f"{architecture}: {', '.join(sorted(known))} was expected: look at the Dockerfile"
            )
            code = FAILED
    return code


if __name__ == "__main__":
    sys.exit(main())
