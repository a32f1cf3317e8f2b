"""Log lines: JSON on stderr, for people where stderr is a terminal; ours, Faust's and aiokafka's.

Law: no line holds a key, an e-mail, a phone or a body. Three nets, in this order: only the keys
of `SHOWN` keep their value; an exception from code that handles events shows its type and where
it was, not its message; what looks like a secret, an e-mail, a phone or a run of bytes is
replaced in every text. A contact is logged as its keyed hash under `contact`.
The same line is shown ten times a minute at most; a summary line then says how often it came.
A line that is `sampled` was chosen by who wrote it, and is shown.
"""

from streams.logs.configuring import configure
from streams.logs.described import describe

__all__ = ["configure", "describe"]
