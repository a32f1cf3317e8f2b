"""`python -m tools.mutants core/lanes …`: small errors planted in the pure core, one by one.

mutmut plants them in a copy (`mutants/`), runs the tests that reach the place, and says which
error no test has noticed. It goes on where it was stopped. Without a module all that
pyproject.toml names.

    --again     look again at what survived, after tests were added
    --told      only tell what is known
    --cores 1   at once

Exit code 5 where 5 % survive or more, or some were not looked at. docs/testing.md explains those
that survive. mutmut lives in .cache/mutmut, where `make mutants` puts it: its click is not Faust's.
"""

import argparse
import json
import os
import subprocess
import sys
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

MUTMUT = Path(".cache/mutmut")
COPY = Path("mutants")
SURVIVED, NO_TEST, UNKNOWN = 0, 33, None
MOST = 0.05
FILES = ("---", "+++")  # in a diff


@dataclass(slots=True)
class Module:
    """What became of the mutants of one file. `results` has exit codes of pytest by name."""

    path: str
    results: dict[str, int | None]
    seconds: dict[str, float] = field(default_factory=dict)

    @property
    def survivors(self) -> list[str]:
        """Those that no test has noticed."""
        return [name for name, code in self.results.items() if code in (SURVIVED, NO_TEST)]

    @property
    def unknown(self) -> int:
        """How many were not looked at yet."""
        return sum(code is UNKNOWN for code in self.results.values())


def modules(wanted: Iterable[str]) -> list[str]:
    """Paths of the files, by the names that the command line has; all without any."""
    settings = tomllib.loads(Path("pyproject.toml").read_text())["tool"]["mutmut"]
    known: list[str] = settings["only_mutate"]
    paths = [f"streams/{name.removesuffix('.py')}.py" for name in wanted]
    for path in paths:
        if path not in known:
            raise SystemExit(
                f"{path} is not in [tool.mutmut] of pyproject.toml: {', '.join(known)}"
            )
    return paths or known


def read(paths: Iterable[str]) -> Iterator[Module]:
    """What is known of each."""
    for path in paths:
        file = COPY / f"{path}.meta"
        if file.exists():
            found = json.loads(file.read_text())
            yield Module(path, found["exit_code_by_key"], found["durations_by_key"])


def forget_survivors(paths: Iterable[str]) -> None:
    """They count as not looked at, so that the next run looks at them."""
    for path in paths:
        file = COPY / f"{path}.meta"
        if file.exists():
            found = json.loads(file.read_text())
            codes = found["exit_code_by_key"]
            left = {n: UNKNOWN if c in (SURVIVED, NO_TEST) else c for n, c in codes.items()}
            file.write_text(json.dumps(found | {"exit_code_by_key": left}, indent=4))


def run(paths: Iterable[str], cores: int) -> None:
    """Look at those of these files that were not looked at yet."""
    names = [f"{path.removesuffix('.py').replace('/', '.')}.*" for path in paths]
    command = [sys.executable, "-m", "mutmut", "run", "--max-children", str(cores), *names]
    more = {"PYTHONPATH": str(MUTMUT), "PROPERTIES": "mutants"}
    subprocess.run(command, env=os.environ | more, check=False)


def tell(told: list[Module]) -> int:
    """Survivors as diffs, then figures; the exit code."""
    sys.path.insert(0, str(MUTMUT))
    from mutmut.mutation.diff_apply import get_diff_for_mutant  # type: ignore[import-not-found]

    for module in told:
        for name in module.survivors:
            lines = get_diff_for_mutant(name, path=module.path).splitlines()
            changed = [each for each in lines if each[:1] in "+-" and each[:3] not in FILES]
            print(f"\n{name}", *changed, sep="\n  ")
    print(f"\n{'':34}{'mutants':>8}{'survive':>8}{'share':>8}{'open':>6}{'longest':>9}")
    whole = Module("together", {}, {})
    for module in told:
        whole.results |= module.results
        whole.seconds |= module.seconds
    for module in (*told, whole):
        count, left = len(module.results), len(module.survivors)
        share, longest = left / max(count, 1), max(module.seconds.values(), default=0.0)
        figures = f"{count:8}{left:8}{share:8.1%}{module.unknown:6}{longest:8.1f}s"
        print(f"{module.path:34}{figures}")
    share = len(whole.survivors) / max(len(whole.results), 1)
    return 5 if share >= MOST or whole.unknown or not whole.results else 0


def main() -> int:
    """Parse and run."""
    options = argparse.ArgumentParser(
        prog="python -m tools.mutants",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    options.add_argument("modules", nargs="*", help="core/lanes")
    options.add_argument("--again", action="store_true", help="what survived, too")
    options.add_argument("--told", action="store_true", help="only tell")
    options.add_argument("--cores", type=int, default=2, help="at once")
    given = options.parse_args()
    paths = modules(given.modules)
    if given.again:
        forget_survivors(paths)
    if not given.told:
        run(paths, given.cores)
    return tell(list(read(paths)))


if __name__ == "__main__":
    sys.exit(main())
