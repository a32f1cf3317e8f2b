"""What every part of the plan is."""

from pydantic import BaseModel, ConfigDict


class Part(BaseModel):
    """A part of the plan: nothing but its own keys, and types as they are."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)
