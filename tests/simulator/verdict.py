"""The word for a law that does not hold."""


class Broken(Exception):  # noqa: N818 - what it says of an invariant
    """An invariant does not hold."""

    def __init__(self, invariant: str, text: str) -> None:
        super().__init__(f"{invariant}: {text}")
        self.invariant = invariant
