"""How often Python looks for garbage that refers to itself.

A command in its lane is some dozens of objects, and hardly any garbage of ours refers to itself.
As Python sets itself up, it looks through the young ones several times per command.
"""

import gc

YOUNG = 10_000
"""New containers after which the young ones are looked through; Python's own figure is 700."""


def look_rarely() -> None:
    """From now on; what is there by now stays, and is never looked through again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG, 10, 10)
