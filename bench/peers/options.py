"""What every contestant is told."""

import argparse


def given(name: str, doc: str | None) -> argparse.Namespace:
    """Of the command line."""
    options = argparse.ArgumentParser(prog=f"python -m bench.peers.{name}", description=doc)
    for one in ("bootstrap", "topic", "url", "group"):
        options.add_argument(f"--{one}", required=True)
    options.add_argument("--rate", type=float, default=0.0, help="requests/s per path; 0: no limit")
    options.add_argument("--data", default=".", help="where it may write")
    return options.parse_args()
