r"""Triggers as operators write them.

    type = "track" and (event = "Order Completed" or properties.total >= 100)

    condition = word { "or" word }      word = factor { "and" factor }
    factor    = "not" factor | "(" condition ")" | field operator [value]
    field     = type | event | name | userId | anonymousId | previousId | groupId | channel
              | (properties | traits | context) "." name { "." name }
    name      = letters, digits, _ - $  |  "any text"
    value     = "text" | 12.5 | true | false        values = "(" value { "," value } ")"

In a text `\"` is a quote and `\\` a backslash. The operators are those of `core.trigger`.
Whatever is wrong, the error points at the character. Pure.
"""

import re
from dataclasses import dataclass

from streams.core.trigger import (
    OF_EVENT,
    All,
    AnyOf,
    Comparison,
    Known,
    Node,
    Not,
    TriggerError,
    Value,
    types_expected,
)
from streams.core.trigger_hints import hint
from streams.core.trigger_operators import OPERATORS, Operator, Single

TEXT = r'"(?:[^"\\]|\\.)*"'
TOKEN = re.compile(
    rf"\s*(?:(?P<text>{TEXT})|(?P<number>-?\d+(?:\.\d+)?)(?![\w.])"
    rf"|(?P<symbol>!=|<=|>=|[=<>(),])|(?P<word>[\w$](?:[\w$.-]|(?<=\.){TEXT})*))"
)
NAME = re.compile(rf"{TEXT}|[^.]*")
EXPECTED = {
    "value": 'a value: "text", a number, true or false',
    "number": "a number",
    "text": 'a text in quotes: "…"',
    "values": 'values in parentheses: ("a", "b")',
}
MOST_NESTED = 50
"""Deeper than any condition that somebody writes, and far from Python's own bound."""


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of the text. `kind` is text, number, symbol, word or end."""

    kind: str
    text: str
    at: int


def parse(text: str, known: Known = OF_EVENT) -> Node:
    """The tree of a text. Raises `TriggerError`."""
    return _Parser(text, known).whole()


def split(text: str) -> list[Token]:
    """Its tokens, the last of kind end. Raises `TriggerError`."""
    tokens: list[Token] = []
    at = 0
    while text[at:].strip():
        match = TOKEN.match(text, at)
        if match is None or match.lastgroup is None:
            start = at + len(text[at:]) - len(text[at:].lstrip())
            raise TriggerError(pointed(text, start, "a field, a value or a parenthesis"))
        kind = match.lastgroup
        tokens.append(Token(kind, match.group(kind), match.start(kind)))
        at = match.end()
    return [*tokens, Token("end", "", len(text))]


def pointed(text: str, at: int, expected: str) -> str:
    """What was expected, and where, with a mark under the character."""
    near = hint(text, at, expected)
    meant = f"; {near}" if near else ""
    return f"expected {expected} at character {at + 1}{meant}:\n  {text}\n  {' ' * at}^"


def path_of(text: str) -> tuple[str, ...]:
    """The names of a dotted path; names in quotes may hold anything."""
    names = []
    at = 0
    while True:
        match = NAME.match(text, at)
        assert match is not None  # noqa: S101 - the pattern fits the empty text
        said = match.group()
        names.append(_unquoted(said) if said.startswith('"') else said)
        at = match.end()
        if at >= len(text):
            return tuple(names)
        at += 1


def _unquoted(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text[1:-1], flags=re.DOTALL)


class _Parser:
    def __init__(self, text: str, known: Known) -> None:
        self._text = text
        self._known = known
        self._tokens = split(text)
        self._next = 0
        self._deep = 0

    def whole(self) -> Node:
        node = self._either()
        if self._peek().kind != "end":
            raise self._wrong("and, or, or the end")
        return node

    def _peek(self, ahead: int = 0) -> Token:
        return self._tokens[min(self._next + ahead, len(self._tokens) - 1)]

    def _take(self, *words: str) -> bool:
        """Take these words, if they come now."""
        for ahead, word in enumerate(words):
            token = self._peek(ahead)
            if token.kind not in ("word", "symbol") or token.text != word:
                return False
        self._next += len(words)
        return True

    def _either(self) -> Node:
        parts = [self._both()]
        while self._take("or"):
            parts.append(self._both())
        return parts[0] if len(parts) == 1 else AnyOf(tuple(parts))

    def _both(self) -> Node:
        parts = [self._factor()]
        while self._take("and"):
            parts.append(self._factor())
        return parts[0] if len(parts) == 1 else All(tuple(parts))

    def _factor(self) -> Node:
        self._deep += 1
        if self._deep > MOST_NESTED:
            raise self._wrong(f"at most {MOST_NESTED} parts inside each other")
        try:
            if self._take("not"):
                return Not(self._factor())
            if self._take("("):
                node = self._either()
                if not self._take(")"):
                    raise self._wrong("a closing parenthesis")
                return node
            return self._test()
        finally:
            self._deep -= 1

    def _test(self) -> Comparison:
        token = self._peek()
        path = path_of(token.text) if token.kind == "word" else ()
        if not path or not self._known.has(path):
            raise self._wrong(f"a field: {self._known.expected}")
        self._next += 1
        for name, operator in OPERATORS.items():
            if self._take(*name.split()):
                test = Comparison(path, name, self._operand(operator))
                if self._known is OF_EVENT and types_expected(test):
                    self._next -= 1
                    raise self._wrong(types_expected(test))
                return test
        raise self._wrong(f"an operator: {', '.join(OPERATORS)}")

    def _operand(self, operator: Operator) -> Value:
        if operator.takes == "nothing":
            return None
        if operator.takes == "values":
            return self._values()
        value = self._value(operator.takes)
        wanted = {"number": float, "text": str}.get(operator.takes)
        if wanted is not None and not isinstance(value, wanted):
            self._next -= 1
            raise self._wrong(EXPECTED[operator.takes])
        return value

    def _values(self) -> tuple[Single, ...]:
        if not self._take("("):
            raise self._wrong(EXPECTED["values"])
        values = [self._value("value")]
        while self._take(","):
            values.append(self._value("value"))
        if not self._take(")"):
            raise self._wrong("a comma or a closing parenthesis")
        return tuple(values)

    def _value(self, takes: str) -> Single:
        token = self._peek()
        self._next += 1
        if token.kind == "text":
            return _unquoted(token.text)
        if token.kind == "number":
            return float(token.text)
        if token.kind == "word" and token.text in ("true", "false"):
            return token.text == "true"
        self._next -= 1
        raise self._wrong(EXPECTED[takes])

    def _wrong(self, expected: str) -> TriggerError:
        return TriggerError(pointed(self._text, self._peek().at, expected))
