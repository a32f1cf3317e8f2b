"""The program on a machine whose clock jumps by JUMP seconds, there and back, every two seconds."""

import os
import time

from streams import cli

JUMP = int(os.environ["JUMP"])
real, real_ns = time.time, time.time_ns


def ahead():
    return JUMP if int(time.monotonic()) % 4 < 2 else 0


if __name__ == "__main__":
    time.time = lambda: real() + ahead()
    time.time_ns = lambda: real_ns() + ahead() * 1_000_000_000
    cli.main()
