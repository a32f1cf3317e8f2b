"""Conditions that no event can fulfil, as far as that can be told from the condition alone. Pure.

`never` is careful: it says so only of parts that contradict each other whatever the event says.
"""

from streams.core.trigger import All, AnyOf, Comparison, Node

LEAST = {">": False, ">=": True}
MOST = {"<": False, "<=": True}


def never(node: Node) -> bool:
    """Whether the condition is true of no event."""
    if isinstance(node, AnyOf):
        return all(never(part) for part in node.parts)
    if not isinstance(node, All):
        return False
    if any(never(part) for part in node.parts):
        return True
    by_path: dict[tuple[str, ...], list[Comparison]] = {}
    for test in _tests(node):
        by_path.setdefault(test.path, []).append(test)
    return any(_contradict(tests) for tests in by_path.values())


def _tests(node: All) -> list[Comparison]:
    found: list[Comparison] = []
    for part in node.parts:
        if isinstance(part, Comparison):
            found.append(part)
        elif isinstance(part, All):
            found += _tests(part)
    return found


def _contradict(tests: list[Comparison]) -> bool:
    said = {test.operator for test in tests}
    if {"is true", "is false"} <= said or {"exists", "not exists"} <= said:
        return True
    if "not exists" in said and "=" in said:
        return True
    return _unequal(tests) or _apart(tests)


def _unequal(tests: list[Comparison]) -> bool:
    """Whether it would have to equal several texts at once."""
    allowed: set[str] | None = None
    for test in tests:
        texts = _texts(test)
        if texts is not None:
            allowed = texts if allowed is None else allowed & texts
    return allowed is not None and not allowed


def _texts(test: Comparison) -> set[str] | None:
    """The texts of which it equals one; None where it says something else."""
    texts = {one for one in test.values if isinstance(one, str)}
    listed = test.operator in ("=", "in") and len(texts) == len(test.values)
    return texts if listed else None


def _apart(tests: list[Comparison]) -> bool:
    """Whether it would have to be above one number and below a lower one."""
    least = [(test.value, LEAST[test.operator]) for test in tests if test.operator in LEAST]
    most = [(test.value, MOST[test.operator]) for test in tests if test.operator in MOST]
    return any(
        isinstance(low, float)
        and isinstance(high, float)
        and (low > high or (low == high and not (with_low and with_high)))
        for low, with_low in least
        for high, with_high in most
    )
