"""`cordial-streams plan …`."""

from pathlib import Path
from typing import Annotated

import typer

from streams.command_line.options import Json, PlanFile, RecordName, SegmentIdKey, SourceTopic

plans = typer.Typer(
    help="What goes to Cordial, as one file.\n\nExample: cordial-streams plan check plan.yaml",
    no_args_is_help=True,
)


@plans.command("check")
def plan_check(
    file: Annotated[Path, typer.Argument(help="The plan", metavar="FILE")], json: Json = False
) -> None:
    """Say what is wrong with a plan, every place with its line; exit 3 where anything is.

    Example: cordial-streams plan check plan.yaml
    """
    from streams.checking.plan import run_plan_check

    raise typer.Exit(run_plan_check(file, as_json=json))


@plans.command("show")
def plan_show(plan: PlanFile = None, json: Json = False) -> None:
    """Show the plan as it works: every instance, and where each value comes from.

    Example: cordial-streams plan show --plan plan.yaml
    """
    from streams.checking.plan import run_plan_show

    raise typer.Exit(run_plan_show(plan, as_json=json))


@plans.command("diff")
def plan_diff(
    before: Annotated[Path, typer.Argument(help="One plan", metavar="A")],
    after: Annotated[Path, typer.Argument(help="The other", metavar="B")],
    files: Annotated[
        list[str],
        typer.Argument(help="Files of events as JSON; - is standard input", metavar="FILE…"),
    ],
    segment_id_key: SegmentIdKey = None,
    source: SourceTopic = None,
    record: RecordName = None,
    json: Json = False,
) -> None:
    """Show which commands two plans make differently of the same events; exit 5 where any is.

    Example: cordial-streams plan diff plan.yaml new-plan.yaml events.json
    """
    from streams.checking.plan_diff import run_plan_diff

    raise typer.Exit(
        run_plan_diff(
            before,
            after,
            files,
            segment_id_key=segment_id_key,
            source=source,
            record=record,
            as_json=json,
        )
    )
