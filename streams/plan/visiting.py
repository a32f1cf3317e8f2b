"""What the plan says of visitors, as routing and the tables go by it."""

from collections.abc import Iterator

from streams.core.anonymous import Anonymous
from streams.core.times import DAY_MS
from streams.core.visitors import Bounds
from streams.plan.model import IdentityPlan
from streams.plan.places import Finding


def problems(asked: IdentityPlan) -> Iterator[Finding]:
    """What is said of visitors to whom nothing of the kind happens."""
    for name, mode in (("hold", "hold"), ("anonymous_attribute", "send")):
        said = getattr(asked, name) != IdentityPlan.model_fields[name].default
        if said and asked.anonymous != mode:
            what = f"is for anonymous: {mode}, and it is {asked.anonymous}"
            yield ("identity", name), what, f"set anonymous: {mode}, or leave it out"


def anonymous(asked: IdentityPlan) -> Anonymous:
    """What happens to visitors."""
    hold = asked.hold
    bounds = Bounds(
        events=hold.events,
        size=int(hold.megabytes * 1_048_576),
        age=int(hold.days * DAY_MS),
        link_age=int(asked.link_days * DAY_MS),
    )
    return Anonymous(asked.anonymous, asked.anonymous_attribute, bounds)
