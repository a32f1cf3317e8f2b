"""Options that several commands have, and how a command ends that cannot do what it is asked."""

from pathlib import Path
from typing import Annotated, NoReturn

import typer

PlanFile = Annotated[
    Path | None, typer.Option("--plan", help="YAML plan; without one the defaults", metavar="FILE")
]
SegmentIdKey = Annotated[
    str | None, typer.Option(help="Unique attribute that stores the user id", metavar="NAME")
]
AllowEndpoint = Annotated[
    bool, typer.Option("--allow-endpoint", help="Accept an endpoint that is not Cordial's")
]
Json = Annotated[bool, typer.Option("--json", help="One JSON document instead of text")]
JsonLines = Annotated[bool, typer.Option("--json", help="JSON, a line each, instead of text")]


def fail(code: int, message: str) -> NoReturn:
    """Say what is wrong on standard error and exit with `code`."""
    typer.echo(f"cordial-streams: {message}", err=True)
    raise typer.Exit(code)


SourceTopic = Annotated[
    str | None,
    typer.Option("--source", help="Lines are records of this source of the plan", metavar="TOPIC"),
]
RecordName = Annotated[
    str | None,
    typer.Option("--record", help="Of its several types of records this one", metavar="NAME"),
]
