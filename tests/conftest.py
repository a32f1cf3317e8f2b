"""What all tests share. In CI properties come from a fixed seed, so that a run can be repeated.

Where errors are planted (`make mutants`) that one fails is enough: it is not made small.
"""

import os

from hypothesis import Phase, settings

settings.register_profile("ci", derandomize=True, deadline=None)
settings.register_profile("here", deadline=None)
settings.register_profile(
    "mutants", derandomize=True, deadline=None, phases=(Phase.explicit, Phase.generate)
)
settings.load_profile(os.environ.get("PROPERTIES") or ("ci" if os.environ.get("CI") else "here"))
