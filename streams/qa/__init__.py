"""QA journeys: a test contact's day through the running system, and what reached Cordial of it.

journey.py   PURE  the file: steps, and what is expected of each
judging.py   PURE  receipts and the sandbox's journal beside what is expected
playing.py   I/O   produces the events, watches the receipts, asks the sandbox
running.py   I/O   the command and its table
"""
