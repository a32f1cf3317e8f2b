"""The program, ended by events that ask for it: `poison: segfault reading`.

A word for how, and one for where: while the record is `reading`, `routing`, or its command is
`deciding`.
"""

import os
import re
import signal

from streams import cli
from streams.core import functions
from streams.kafka import codec, judging

WAYS = {
    "segfault": lambda: os.kill(os.getpid(), signal.SIGSEGV),
    "exit": lambda: os._exit(0),
    "memory": lambda: bytearray(1 << 45),
}
read_event, properties, decide = codec.read_event, functions.FUNCTIONS["properties"], judging.decide


def poisoned(where, text):
    asked = re.search(rf"poison\W+(\w+) {where}", text)
    if asked:
        WAYS[asked[1]]()


def reading(value, *arguments):
    poisoned("reading", value.decode(errors="replace"))
    return read_event(value, *arguments)


def routing(value):
    poisoned("routing", str(value))
    return properties(value)


def deciding(command, known, instance):
    poisoned("deciding", str(command.body))
    return decide(command, known, instance)


if __name__ == "__main__":
    codec.read_event, functions.FUNCTIONS["properties"], judging.decide = reading, routing, deciding
    cli.main()
