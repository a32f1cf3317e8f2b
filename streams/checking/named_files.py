"""Files that settings name, and without which a worker starts and waits for somebody to mend them.

Those without which it does not start are found by `running.rehearsing`.
"""

import ssl
from collections.abc import Callable, Iterator
from pathlib import Path

from streams.cordial.account_attributes import read_catalogue
from streams.core.catalogue import CatalogueError
from streams.kafka.topics import Problem
from streams.settings import Settings
from streams.settings.secret_file import SecretFileError

PLACE = "put the {} there, alone and readable for the worker's user"
AUTHORITIES = "put a PEM file of the authorities there, or take the setting away"
ATTRIBUTES = "put the account's attributes there as JSON, or take the setting away"


def file_problems(settings: Settings) -> Iterator[Problem]:
    """One for each file that is named and cannot be used."""
    registry = settings.registry
    if settings.api_key_file is not None:
        yield from _secret("api_key_file", "key", settings.read_api_key)
    if registry.password_file is not None:
        yield from _secret("registry.password_file", "password", registry.read_password)
    if registry.ca_file is not None:
        yield from _authorities(registry.ca_file)
    if settings.cordial.attributes_file is not None:
        yield from _attributes(settings.cordial.attributes_file)


def _secret(setting: str, name: str, read: Callable[[], str]) -> Iterator[Problem]:
    try:
        if not read():
            yield Problem(setting, f"the {name}'s file is empty", f"put the {name} there")
    except SecretFileError as error:
        yield Problem(setting, f"the {name}'s file {error.strerror}", PLACE.format(name))


def _authorities(file: Path) -> Iterator[Problem]:
    try:
        ssl.create_default_context(cafile=str(file))
    except OSError as error:
        what = f"{file} is not a PEM file that can be used ({error.strerror or error})"
        yield Problem("registry.ca_file", what, AUTHORITIES)


def _attributes(file: Path) -> Iterator[Problem]:
    try:
        read_catalogue(file)
    except CatalogueError as error:
        yield Problem("cordial.attributes_file", str(error), ATTRIBUTES)
