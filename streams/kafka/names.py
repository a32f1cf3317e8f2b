"""What our topics are called: the prefix, and Cordial's own word for an action."""

from dataclasses import dataclass

from streams.settings import Settings

TABLES = (
    "seen",
    "orders",
    "groups",
    "parked",
    "identities",
    "profiles",
    "consent",
    "supplements",
    "memberships",
    "held",
    "links",
)
"""What is remembered: each has a changelog, and a row of `Tables`."""


@dataclass(frozen=True, slots=True)
class Names:
    """Names of topics under one prefix and application id, which is the consumer group too."""

    prefix: str
    app_id: str

    @property
    def keyed(self) -> str:
        """Records of all sources, keyed by contact, where no source is."""
        return f"{self.prefix}.keyed"

    @property
    def dead_letters(self) -> str:
        """What could not be delivered."""
        return f"{self.prefix}.dead-letters"

    @property
    def receipts(self) -> str:
        """Every outcome."""
        return f"{self.prefix}.receipts"

    @property
    def replays(self) -> str:
        """Dead letters that are sent again."""
        return f"{self.prefix}.replays"

    @property
    def hops(self) -> str:
        """Records that are passed on to the partition of their lane."""
        return f"{self.prefix}.hops"

    def action(self, name: str) -> str:
        """Commands of one action."""
        return f"{self.prefix}.{name}"

    def changelog(self, table: str) -> str:
        """Faust's name for the changelog of a table."""
        return f"{self.app_id}-{table}-changelog"


def names_of(settings: Settings) -> Names:
    """The names of our topics under these settings."""
    if settings.layout == 0:
        return Names(settings.prefix, settings.app_id)
    return Names(f"{settings.prefix}.{settings.layout}", f"{settings.app_id}-{settings.layout}")


def migrations_topic(settings: Settings) -> str:
    """What is known of migrations, whatever the layout."""
    return f"{settings.prefix}.migrations"
