"""How a command ends that reads our topics and cannot: an exit code, and a line that says why."""

import sys
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec

from aiokafka.errors import KafkaError, UnknownTopicOrPartitionError

from streams.plan import PlanError
from streams.settings.errors import SettingsError

P = ParamSpec("P")
Command = Callable[P, int]


def told(command: Command[P]) -> Command[P]:
    """The command, with an exit code and a line for what keeps it from its work."""

    @wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> int:
        try:
            return command(*args, **kwargs)
        except (SettingsError, PlanError) as error:
            code, said = 3, str(error)
        except UnknownTopicOrPartitionError:
            code, said = 5, "a topic of ours is missing; run: cordial-streams topics apply"
        except KafkaError as error:
            name = type(error).__name__
            code, said = 4, f"the broker does not answer ({name}); look at kafka.bootstrap"
        print(f"cordial-streams: {said}", file=sys.stderr)
        return code

    return run
