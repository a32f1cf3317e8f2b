"""The program that asks for the topics of the broker every two seconds, not every five minutes."""

from streams import cli
from streams.kafka import engine

settings_of = engine.faust_settings


def hasty(settings):
    return {**settings_of(settings), "consumer_metadata_max_age_ms": 2_000}


if __name__ == "__main__":
    engine.faust_settings = hasty
    cli.main()
