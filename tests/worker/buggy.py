"""The program with two planted bugs: events that ask for it break routing, or deciding."""

from streams import cli
from streams.core import functions
from streams.kafka import judging

properties, decide = functions.FUNCTIONS["properties"], judging.decide


def breaks_routing(value):
    if "break_routing" in value:
        raise RuntimeError(str(value))
    return properties(value)


def breaks_deciding(command, known, instance):
    if "break_deciding" in str(command.body):
        raise RuntimeError(str(command.body))
    return decide(command, known, instance)


if __name__ == "__main__":
    functions.FUNCTIONS["properties"] = breaks_routing
    judging.decide = breaks_deciding
    cli.main()
