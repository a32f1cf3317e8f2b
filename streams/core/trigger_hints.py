"""What an operator probably meant where a condition cannot be read. Pure."""

import difflib
import re

from streams.core.trigger import FIELDS, OBJECTS

CURLY = "'`\u2018\u2019\u201a\u201b\u201c\u201d\u201e\u201f\u2039\u203a\xab\xbb"
"""What texts stand between elsewhere, and where an editor has made quotes of its own."""
SYMBOLS = {
    "&&": "write and",
    "&": "write and",
    "||": "write or",
    "|": "write or",
    "!": "write not",
    "~": "write matches, with * and ?",
    "[": "lists of values stand in parentheses",
}
OPERATORS = {
    "equals": "=",
    "eq": "=",
    "is": "=",
    "includes": "contains",
    "has": "contains",
    "like": "matches",
    "begins": "starts with",
    "number equals": "=",
    "not equals": "!=",
    "number not equals": "!=",
}
JOINS = ("and", "or", "not", "in")
WORD = re.compile(r"[\w$]+")
CAPITAL = re.compile(r"(?<=[a-z])(?=[A-Z])|_")


def hint(text: str, at: int, expected: str) -> str:
    """What to write at this character of a condition; empty where nothing is near."""
    rest, before = text[at:], text[:at].rstrip()
    if rest[:1] and rest[0] in CURLY:
        return 'quotes are "'
    if rest[:1] == '"' and expected.startswith("a field, a value"):
        return "a closing quote is missing"
    if rest[:1] == '"' and expected == "a number":
        return "numbers stand without quotes"
    if rest[:1] == "=" and before.endswith("="):
        return "write = once"
    if rest[:2] == "=~":
        return SYMBOLS["~"]
    for symbol, said in SYMBOLS.items():
        if rest.startswith(symbol):
            return said
    word = WORD.match(rest)
    if word and word.group() not in JOINS and word.group().lower() in JOINS:
        return f"write {word.group().lower()}"
    if expected.startswith("a field:"):
        return _field(rest, word.group() if word else "", before)
    if expected.startswith("an operator"):
        return _operator(rest, word.group() if word else "", expected)
    if expected.startswith("a value") and word:
        null = word.group().lower() in ("null", "none", "nil", "undefined")
        return "write exists, or not exists" if null else "texts stand in quotes"
    return ""


def _field(rest: str, word: str, before: str) -> str:
    if rest.startswith('"') and before.endswith(("or", "and")):
        return 'name the field again, or write in ("a", "b")'
    if word in ("exists", "contains"):
        return f"the field comes before {word}"
    if word in OBJECTS:
        return f"name a field of it: {word}.…"
    if word in FIELDS:
        return f"{word} has no fields"
    known = {name.lower(): name for name in (*FIELDS, *OBJECTS)}
    near = difflib.get_close_matches(word.lower(), known, n=1)
    return f"did you mean {known[near[0]]}?" if near else ""


def _operator(rest: str, word: str, known: str) -> str:
    if re.match(r"is\s+(not\s+)?(null|empty|set)\b", rest):
        return "write exists, or not exists"
    if re.match(r"is\s+not\s+(true|false)\b", rest):
        return "write != true, or != false"
    if rest.startswith("<>"):
        return "write !="
    plain = CAPITAL.sub(" ", word).lower()
    meant = plain if " " in plain and plain in known else OPERATORS.get(plain)
    return f"write {meant}" if meant else ""
