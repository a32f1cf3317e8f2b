"""What all tests share. In CI properties come from a fixed seed, so that a run can be repeated.

Where errors are planted (`make mutants`) that one fails is enough: it is not made small.
"""

import os
from pathlib import Path

import pytest
from hypothesis import Phase, settings

settings.register_profile("ci", derandomize=True, deadline=None)
settings.register_profile("here", deadline=None)
settings.register_profile(
    "mutants", derandomize=True, deadline=None, phases=(Phase.explicit, Phase.generate)
)
settings.load_profile(os.environ.get("PROPERTIES") or ("ci" if os.environ.get("CI") else "here"))

LAST = 4_000
"""Characters of a log that a report shows."""


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item):
    """A test that failed shows what its workers said last: their directory may be gone soon."""
    report = yield
    if report.failed:
        for name in ("stage", "scene"):
            directory = getattr(item.funcargs.get(name), "directory", None)
            logs = sorted(Path(directory).glob("*.log")) if directory else ()
            report.sections.extend(
                (log.name, log.read_text(errors="replace")[-LAST:]) for log in logs
            )
    return report
