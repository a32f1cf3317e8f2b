"""`python -m tests.broker fetch | run [--directory DIR]`.

`run` prints the broker's address and stays until standard input ends or SIGTERM.
"""

import argparse
import os
import signal
import sys
import tempfile
import threading
from pathlib import Path

from tests.broker.kafka import BrokerError, RealKafka
from tests.broker.parts import MissingPartError, fetch

DEPENDENCY_DOWN = 4


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.broker", description=__doc__)
    words = parser.add_subparsers(dest="word", required=True)
    words.add_parser("fetch", help="fetch Kafka's jars into .cache")
    run = words.add_parser("run", help="run a broker")
    run.add_argument("--directory", type=Path, help="of its data; default: a temporary one")
    given = parser.parse_args()
    try:
        if given.word == "fetch":
            sys.stdout.write(f"{fetch().name} is here\n")
            return 0
        if given.directory is not None:
            return stay(given.directory)
        with tempfile.TemporaryDirectory(prefix="cordial-streams-kafka-") as name:
            return stay(Path(name))
    except (MissingPartError, BrokerError) as error:
        sys.stderr.write(f"{error}\n")
        return DEPENDENCY_DOWN


def stay(directory: Path) -> int:
    """Run until the caller goes away; exit 4 where the broker ends by itself."""
    over = threading.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: over.set())
    threading.Thread(target=_until_input_ends, args=(over,), daemon=True).start()
    fetch()
    with RealKafka(directory) as broker:
        sys.stdout.write(f"{broker.bootstrap}\n")
        sys.stdout.flush()
        while not over.wait(1.0):
            if broker.process is not None and broker.process.poll() is not None:
                raise BrokerError(f"the broker ended by itself\n{broker.tail()}")
    return 0


def _until_input_ends(over: threading.Event) -> None:
    # Not through sys.stdin: its lock, held by a daemon thread, aborts the interpreter's exit.
    while os.read(0, 4096):
        pass
    over.set()


if __name__ == "__main__":
    sys.exit(main())
