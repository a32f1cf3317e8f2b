"""The program with a bug in a timer: what should be tried again breaks the protocol instead."""

from streams import cli
from streams.core.entry import Entry
from streams.core.lane import allow
from streams.kafka.answering import Answering


def breaks(self, part, contact):
    allow("settle", Entry(contact, "upsertContact", 0, contact))


if __name__ == "__main__":
    Answering._try_again = breaks
    cli.main()
