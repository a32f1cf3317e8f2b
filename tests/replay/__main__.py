"""`python -m tests.replay`: larger months, from several seeds. Exit 0 where all leave the same."""

import argparse
import sys

from tests.replay.month import events, plan, shuffled
from tests.replay.playing import play


def main() -> int:
    options = argparse.ArgumentParser(prog="python -m tests.replay", description=__doc__)
    options.add_argument("--contacts", type=int, default=1_000, help="contacts of a month")
    options.add_argument("--seeds", type=int, default=5, help="how many months")
    given = options.parse_args()
    wrong = 0
    for seed in range(given.seeds):
        month = events(seed, given.contacts)
        ordered, mixed = play(month, plan()), play(shuffled(month, seed + 1), plan())
        mine, others = ordered.contacts(), mixed.contacts()
        differing = sum(1 for user, contact in mine.items() if others.get(user) != contact)
        orders, theirs = ordered.orders(), mixed.orders()
        differing_orders = sum(1 for one, body in orders.items() if theirs.get(one) != body)
        lists, their_lists = ordered.lists(), mixed.lists()
        differing_lists = sum(1 for user, own in lists.items() if their_lists.get(user) != own)
        ignored = len(ordered.ignored) + len(mixed.ignored)
        print(
            f"seed {seed}: {len(month):,} events, {differing} of {len(mine):,} contacts, the lists "
            f"of {differing_lists} and {differing_orders} of {len(orders):,} orders differ, "
            f"{ignored} ignored"
        )
        wrong += differing + differing_lists + differing_orders + ignored
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
