"""Why a migration cannot go on, for who runs it."""


class CannotError(Exception):
    """It cannot go on now; says why and what to do. Running it again goes on."""
