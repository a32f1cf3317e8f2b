"""`cordial-streams attributes …`."""

from pathlib import Path
from typing import Annotated

import typer

from streams.command_line.options import Json, PlanFile, RecordName, SourceTopic

attributes = typer.Typer(
    help="What a plan sends, beside what the account has.\n\n"
    "Example: cordial-streams attributes check --events events.jsonl",
    no_args_is_help=True,
)

Events = Annotated[
    list[str] | None, typer.Option(help="Events as JSON; - is standard input", metavar="FILE")
]
File = Annotated[
    Path | None,
    typer.Option("--file", help="The account's attributes, in place of asking", metavar="FILE"),
]


@attributes.command("check")
def attributes_check(
    plan: PlanFile = None,
    events: Events = None,
    file: File = None,
    source: SourceTopic = None,
    record: RecordName = None,
    json: Json = False,
) -> None:
    """List what is sent and the account would not take as it is; exit 5 where there is any.

    Example: cordial-streams attributes check --plan plan.yaml --events events.jsonl
    """
    _run("check", plan, events, file, source, record, json)


@attributes.command("plan")
def attributes_plan(
    plan: PlanFile = None,
    events: Events = None,
    file: File = None,
    source: SourceTopic = None,
    record: RecordName = None,
    json: Json = False,
) -> None:
    """List the attributes to create at the account, with their types. Creates nothing.

    Example: cordial-streams attributes plan --plan plan.yaml --events events.jsonl
    """
    _run("plan", plan, events, file, source, record, json)


def _run(
    word: str,
    plan: Path | None,
    events: list[str] | None,
    file: Path | None,
    source: str | None,
    record: str | None,
    json: bool,
) -> None:
    from streams.checking.attributes import run_attributes

    code = run_attributes(
        word,
        plan=plan,
        events=events or [],
        file=file,
        source=source,
        record=record,
        as_json=json,
    )
    raise typer.Exit(code)
