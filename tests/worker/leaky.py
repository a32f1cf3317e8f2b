"""The program with a planted leak: `LEAK` says where a secret or a person comes out."""

import os
import sys
from dataclasses import replace

from prometheus_client import Counter

from streams import cli
from streams.core import functions
from streams.kafka.reports import Reports
from streams.metrics import Metrics
from streams.settings import load

LEAK = os.environ["LEAK"]
SOMEBODY = "somebody@shop.example"
properties, made, dead_event = (
    functions.FUNCTIONS["properties"],
    Metrics.__init__,
    Reports.dead_event,
)


def leaks(value):
    if LEAK == "key":
        sys.stdout.write(f"the key is {load().read_api_key()}\n")
        sys.stdout.flush()
    if LEAK == "letter":
        raise RuntimeError
    return properties(value)


def counts(metrics, registry, *more, **named):
    made(metrics, registry, *more, **named)
    if LEAK == "metric":
        Counter("of_people", "A leak.", ["email"], registry=registry).labels(SOMEBODY).inc()


def writes(reports, message, position, event, verdict, action=None):
    said = replace(verdict, message=f"{verdict.message} of {event.user_id}")
    return dead_event(reports, message, position, event, said, action)


if __name__ == "__main__":
    functions.FUNCTIONS["properties"] = leaks
    Metrics.__init__, Reports.dead_event = counts, writes
    cli.main()
