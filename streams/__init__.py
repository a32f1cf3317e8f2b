"""Carries a company's Kafka event bus to Cordial.

The path of one event, and the room where each step lives:

    sources/   PURE  what a company's record says, as an `Event`
    core/      PURE  trigger, mapping, identity, routing, lanes, orders, joining, outcome
    actions/   PURE  what we can tell Cordial: one declaration per file
    kafka/     I/O   codec, registry, transport, router, lanes' shell, tables, receipts
    cordial/   I/O   the HTTP client with its pace and circuit; the sandbox
    web/       I/O   health and metrics
    running/         a worker; in wiring.py, and only there, the rooms meet

Around it:

    plan/      PURE  the one file that says what goes to Cordial
    settings/        what differs from one environment to the next
    logs/, metrics/  what a worker says of itself
    tracing/, previewing/, checking/, demo/, qa/   trying and checking, before anything is sent
    operating/       what the topics hold, for operators
    cli.py           the commands; groups of them in command_line/

The pure rooms are kept pure by an import contract.
"""

__version__ = "0.1.0"
