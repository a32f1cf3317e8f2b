"""The words for an answer in labels: few, whatever an endpoint says."""

import re
from typing import Final, get_args

from streams.core.answer import Answer

OWN_STATUSES: Final = (401, 403, 429, 503)
"""Statuses that are shown by themselves; of others the class is."""

_WORDS: Final = {
    kind: re.sub(r"(?<!^)(?=[A-Z])", "_", kind.__name__).lower() for kind in get_args(Answer)
}


def answer_word(answer: Answer) -> str:
    """The label of an answer: its class name in lower snake case."""
    return _WORDS[type(answer)]


def status_word(status: int | None) -> str:
    """The label of an answer's status; `none` where there was no answer."""
    if status is None:
        return "none"
    return str(status) if status in OWN_STATUSES else f"{status // 100}xx"
