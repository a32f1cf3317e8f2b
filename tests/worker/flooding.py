"""The program in which libraries say the same again and again, each time with another number."""

import logging
import threading
import time

from streams import cli

LOGGERS = ("aiokafka.client", "faust.app", "mode.services")
LINES = 30


def floods() -> None:
    time.sleep(3)  # until the worker has its log
    for number in range(LINES):
        for name in LOGGERS:
            logging.getLogger(name).warning("flood %d of %s", number, name)


if __name__ == "__main__":
    threading.Thread(target=floods, daemon=True).start()
    cli.main()
