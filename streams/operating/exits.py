"""How a command ends that reads our topics and cannot: an exit code, and a line that says why."""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec

from aiokafka.errors import KafkaError, UnknownTopicOrPartitionError

from streams.exits import BAD_SETTINGS, DEPENDENCY_DOWN, FAILED, refused
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
            return refused(error, BAD_SETTINGS)
        except UnknownTopicOrPartitionError:
            why = "a topic of ours is missing; run: cordial-streams topics apply"
            return refused(why, FAILED)
        except KafkaError as error:
            name = type(error).__name__
            away = f"the broker does not answer, or refuses us ({name}); look at kafka.bootstrap"
            return refused(f"{away}, or run: cordial-streams check", DEPENDENCY_DOWN)

    return run
