"""What the plan says of visitors, as routing and the tables go by it."""

from streams.core.anonymous import Anonymous
from streams.core.visitors import DAY_MS, Bounds
from streams.plan.model import IdentityPlan


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
