"""A secret that stands in a file, and may be replaced there while the program runs."""

import time
from functools import lru_cache
from pathlib import Path
from typing import Final

from pydantic import SecretStr

MOST: Final = 16_384
"""Bytes; what is longer is no secret but a wrong path."""
SETTLED: Final = 2.0
"""Seconds after which a file that looks the same is the same: two writes may share a time."""


class SecretFileError(OSError):
    """The file cannot be read, or holds no secret; the message has no byte of it."""


class SecretFile:
    """The text of one file without the space around it, read again whenever the file changes."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._look: tuple[int, int, int] | None = None
        self._text = ""

    def read(self) -> str:
        """What stands there now. Raises `SecretFileError`."""
        try:
            found = self._path.stat()
            look = (found.st_mtime_ns, found.st_ino, found.st_size)
            if look != self._look:
                self._text = self._whole()
                settled = time.time() - found.st_mtime > SETTLED
                self._look = look if settled else None
        except SecretFileError:
            raise
        except OSError as error:
            raise SecretFileError(error.errno, f"cannot be read ({error.strerror})") from None
        except UnicodeError:
            raise SecretFileError(0, "is no text") from None
        return self._text

    def _whole(self) -> str:
        with self._path.open("rb") as file:
            content = file.read(MOST + 1)
        if len(content) > MOST:
            raise SecretFileError(0, f"is longer than {MOST} bytes")
        return content.decode().strip()


@lru_cache(maxsize=16)
def secret_file(path: Path) -> SecretFile:
    """The one reader of a path."""
    return SecretFile(path)


def secret(value: SecretStr | None, file: Path | None) -> str:
    """A secret as it stands now: the file's where one is set, else the variable's, else nothing.

    Raises `SecretFileError`.
    """
    if file is not None:
        return secret_file(file).read()
    return "" if value is None else value.get_secret_value()
