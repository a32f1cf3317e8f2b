"""The program in which libraries say the same again and again, each time with another number."""

import logging
import threading
import time

from streams import cli
from streams.logs.repeats import AggregatingHandler

LOGGERS = ("aiokafka.client", "faust.app", "mode.services")
LINES = 30


def floods() -> None:
    while not any(isinstance(one, AggregatingHandler) for one in logging.getLogger().handlers):
        time.sleep(0.1)
    time.sleep(1)  # until Faust has set its levels
    for number in range(LINES):
        for name in LOGGERS:
            logging.getLogger(name).warning("flood %d of %s", number, name)


if __name__ == "__main__":
    threading.Thread(target=floods, daemon=True).start()
    cli.main()
