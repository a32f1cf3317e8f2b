"""Keys of the plan: the guards of attributes."""

from pydantic import Field

from streams.core.catalogue import Verdict
from streams.plan.model.part import Part


class AttributesPlan(Part):
    """What happens to attributes that the account would not take as they are."""

    unknown: Verdict = Field("warn", description="the account has no such attribute")
    wrong_type: Verdict = Field("warn", description="it is of another type")
    over_limit: Verdict = Field("warn", description="too long, too large, or too many members")
    list_name: Verdict = Field("drop", description="a flag with the name of a list")
