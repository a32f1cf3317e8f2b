"""One endpoint of Cordial in one process: the product's own, but for whose turn it is."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from streams.actions import ACTIONS
from streams.cordial.circuit import Circuit
from streams.cordial.pace import Pace
from streams.kafka.endpoints import Endpoint as Real
from tests.simulator.chance import Chance
from tests.simulator.clock import FAILURES, PROBE

if TYPE_CHECKING:
    from tests.simulator.shell import Shell


@dataclass(slots=True, eq=False)
class Endpoint(Real):
    """`waiting` has lanes that became ready, taken by chance; what is there may have gone."""

    waiting: "list[tuple[Shell, str]]" = field(default_factory=list)


def endpoint(rng: Chance) -> Endpoint:
    """A new one, of which nothing is known."""
    return Endpoint(ACTIONS["upsertOrder"], Pace(rng.random), Circuit(FAILURES, PROBE))
