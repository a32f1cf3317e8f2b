"""What is looked at after every step: bounds (I7), and that nobody waits without a cause (I6).

These two look into the lanes: what is not there cannot be seen from outside.
"""

from typing import TYPE_CHECKING

from tests.simulator.schedule import ACTIONS
from tests.simulator.shell import Shell
from tests.simulator.verdict import Broken

if TYPE_CHECKING:
    from tests.simulator.world import World


def look(world: "World") -> None:
    """A step was taken. Raises `Broken`."""
    schedule = world.schedule
    most = schedule.max_commands + len(ACTIONS) + 2 * schedule.externals
    for shell in world.group.all():
        if shell.process.paused:
            continue
        lanes = shell.lanes
        shell.offer()
        if lanes.open_commands > most:
            raise Broken("I7", f"{lanes.open_commands} commands are open")
        span = lanes._keyed.next - lanes._keyed.floor
        if span > schedule.max_span + 1:
            raise Broken("I7", f"{span} offsets are open")
        if not lanes.revoked:
            _nobody_idle(shell)


def _nobody_idle(shell: Shell) -> None:
    """Who may go waits at an endpoint, or will be looked at again."""
    for name in shell.lanes._lanes:
        head = shell.lanes.head(name)
        if head is not None:
            queue = shell.process.endpoints[shell.load(head).action].waiting
            expected = (shell, name) in queue or any(name == one.lane for one in shell.asleep)
            if not expected:
                raise Broken("I6", f"{head} may go, and nobody looks at it")


def send(shell: Shell, action: str) -> bool:
    """The step `send`: whoever waits at an open endpoint goes, whatever the others do."""
    process = shell.process
    endpoint = process.endpoints[action]
    free = process.held is None and endpoint.opens_at(shell.around.clock.now) is None
    could = free and shell.lease() and len(endpoint.waiting)
    did = shell.send(action)
    if could and not did:
        raise Broken("I6", f"{could} lanes wait at the open endpoint of {action}")
    return did


def at_rest(world: "World") -> None:
    """Nothing moves: nothing is left of what passed through. Raises `Broken`."""
    for shell in world.group.shells.values():
        lanes = shell.lanes
        left = lanes.open_commands + lanes.lanes + lanes.held + len(shell.facts)
        left += len(lanes._entries) + len(shell.asleep) + len(shell.process.busy)
        left += sum(len(endpoint.waiting) for endpoint in shell.process.endpoints.values())
        if left:
            raise Broken("I7", f"{left} things are left in partition {shell.number}")
    if world.cordial.requests:
        raise Broken("I7", f"{len(world.cordial.requests)} requests are left")
