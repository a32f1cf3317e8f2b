"""Commands that this process wrote a moment ago, and reads back from their topics."""

from dataclasses import dataclass, field

from streams.core.command import Command
from streams.kafka.codec import Codec, Undecodable

MOST_BYTES = 2_000_000


@dataclass(slots=True)
class Echoes:
    """Gives a command back for exactly the bytes that it became, once, without decoding them.

    Bounded by the bytes of the records: the oldest are forgotten, and decoded as all others are.
    """

    codec: Codec
    most_bytes: int = MOST_BYTES
    _size: int = 0
    _commands: dict[bytes, Command] = field(default_factory=dict)

    def encode_command(self, command: Command) -> bytes:
        """A command for its action topic."""
        value = self.codec.encode_command(command)
        if value not in self._commands:
            self._size += len(value)
            self._commands[value] = command
        while self._size > self.most_bytes:
            self._forget(next(iter(self._commands)))
        return value

    def decode_command(self, value: bytes | None) -> Command | Undecodable:
        """A command of an action topic."""
        if value is not None and value in self._commands:
            return self._forget(value)
        return self.codec.decode_command(value)

    def _forget(self, value: bytes) -> Command:
        self._size -= len(value)
        return self._commands.pop(value)
