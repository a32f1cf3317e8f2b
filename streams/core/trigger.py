"""Triggers: boolean conditions over an event, in the text that operators know.

    type = "track" and (event = "Product Added" or properties.total exists)

    condition  = word { "or" word }      word = factor { "and" factor }
    factor     = "not" factor | "(" condition ")" | field test
    test       = "exists" | ("=" | "!=") value
    field      = type | event | name | userId | anonymousId | previousId | groupId | channel
               | (properties | traits | context) "." name { "." name }
    value      = "text" | 12.5 | true | false

`=` compares as text, except that numbers compare as numbers. A missing field equals nothing,
not even itself. Compiled once to a plain callable; an error points at the character. Pure.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from streams.core.event import Event

Condition = Callable[[Event], bool]
Reader = Callable[[Event], Any]

FIELDS: dict[str, str] = {
    "type": "type",
    "event": "event",
    "name": "name",
    "userId": "user_id",
    "anonymousId": "anonymous_id",
    "previousId": "previous_id",
    "groupId": "group_id",
    "channel": "channel",
}
OBJECTS = ("properties", "traits", "context")
TOKEN = re.compile(
    r'\s*(?:(?P<text>"(?:[^"\\]|\\.)*")|(?P<number>-?\d+(?:\.\d+)?)(?![\w.])'
    r"|(?P<symbol>!=|=|\(|\))|(?P<word>[\w$][\w$.-]*))"
)


class TriggerError(ValueError):
    """The text is no trigger; the message shows where and says what was expected."""


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of the text. `kind` is text, number, symbol, word or end."""

    kind: str
    text: str
    at: int


def compile_trigger(text: str) -> Condition:
    """The condition that `text` states. Raises `TriggerError`."""
    return _Parser(text).whole()


def read_path(path: str) -> Reader:
    """Reads a field of an event by its name; None where it is absent."""
    head, *rest = path.split(".")
    attribute = FIELDS.get(head, head)

    def read(event: Event) -> Any:
        value: Any = getattr(event, attribute)
        for name in rest:
            if not isinstance(value, Mapping):
                return None
            value = value.get(name)
        return value

    return read


class _Parser:
    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = list(self._split(text))
        self._next = 0

    def whole(self) -> Condition:
        condition = self._either()
        if self._peek().kind != "end":
            raise self._wrong("and, or, or the end")
        return condition

    def _split(self, text: str) -> list[Token]:
        tokens: list[Token] = []
        at = 0
        while text[at:].strip():
            match = TOKEN.match(text, at)
            if match is None or match.lastgroup is None:
                start = at + len(text[at:]) - len(text[at:].lstrip())
                raise TriggerError(_pointed(text, start, "a field, a value or a parenthesis"))
            kind = match.lastgroup
            tokens.append(Token(kind, match.group(kind), match.start(kind)))
            at = match.end()
        return [*tokens, Token("end", "", len(text))]

    def _peek(self) -> Token:
        return self._tokens[self._next]

    def _take(self, text: str) -> bool:
        if self._peek().kind in ("word", "symbol") and self._peek().text == text:
            self._next += 1
            return True
        return False

    def _either(self) -> Condition:
        parts = [self._both()]
        while self._take("or"):
            parts.append(self._both())
        return parts[0] if len(parts) == 1 else lambda event: any(part(event) for part in parts)

    def _both(self) -> Condition:
        parts = [self._factor()]
        while self._take("and"):
            parts.append(self._factor())
        return parts[0] if len(parts) == 1 else lambda event: all(part(event) for part in parts)

    def _factor(self) -> Condition:
        if self._take("not"):
            inner = self._factor()
            return lambda event: not inner(event)
        if self._take("("):
            condition = self._either()
            if not self._take(")"):
                raise self._wrong("a closing parenthesis")
            return condition
        return self._test(self._field())

    def _field(self) -> Reader:
        token = self._peek()
        head, _, rest = token.text.partition(".")
        known = token.text in FIELDS or (head in OBJECTS and rest and ".." not in token.text)
        if token.kind != "word" or not known or token.text.endswith("."):
            raise self._wrong("a field: type, event, userId, properties.…, traits.…, context.…")
        self._next += 1
        return read_path(token.text)

    def _test(self, read: Reader) -> Condition:
        if self._take("exists"):
            return lambda event: read(event) is not None
        for symbol, wanted in (("=", True), ("!=", False)):
            if self._take(symbol):
                value = self._value()
                return lambda event: (_equal(read(event), value)) is wanted
        raise self._wrong("=, != or exists")

    def _value(self) -> str | float | bool:
        token = self._peek()
        self._next += 1
        if token.kind == "text":
            return re.sub(r"\\(.)", r"\1", token.text[1:-1])
        if token.kind == "number":
            return float(token.text)
        if token.kind == "word" and token.text in ("true", "false"):
            return token.text == "true"
        self._next -= 1
        raise self._wrong('a value: "text", a number, true or false')

    def _wrong(self, expected: str) -> TriggerError:
        return TriggerError(_pointed(self._text, self._peek().at, expected))


def _pointed(text: str, at: int, expected: str) -> str:
    return f"expected {expected} at character {at + 1}:\n  {text}\n  {' ' * at}^"


def _equal(value: Any, wanted: str | float | bool) -> bool:
    if isinstance(value, bool) or isinstance(wanted, bool):
        return isinstance(value, bool) and value is wanted
    if isinstance(wanted, float):
        return isinstance(value, int | float) and float(value) == wanted
    if isinstance(value, int | float):
        return f"{value:g}" == wanted
    return bool(value == wanted)
