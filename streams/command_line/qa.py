"""`cordial-streams qa …`."""

from pathlib import Path
from typing import Annotated

import typer

from streams.command_line.options import Json, PlanFile

qa = typer.Typer(
    help="A test contact through the running system.\n\n"
    "Example: cordial-streams qa run journey.yaml --profile profile.yaml",
    no_args_is_help=True,
)


@qa.callback()
def _words() -> None:
    """A test contact through the running system.

    Example: cordial-streams qa run journey.yaml --profile profile.yaml
    """


@qa.command("run")
def qa_run(
    journey: Annotated[Path, typer.Argument(help="The journey, as YAML", metavar="FILE")],
    profile: Annotated[Path, typer.Option(help="Who plays it, as YAML", metavar="FILE")],
    plan: PlanFile = None,
    source: Annotated[str | None, typer.Option(help="Topic of the bus", metavar="TOPIC")] = None,
    schema_id: Annotated[
        int | None, typer.Option(help="Of customer_event.avsc at your registry", min=1)
    ] = None,
    json: Json = False,
) -> None:
    """Publish the journey's events, watch what becomes of them; exit 5 where anything is amiss.

    Example: cordial-streams qa run docs/examples/journey.yaml --profile docs/examples/profile.yaml
    """
    from streams.qa.running import run_qa

    raise typer.Exit(
        run_qa(
            journey,
            profile=profile,
            plan=plan,
            source=source,
            schema_id=schema_id,
            as_json=json,
        )
    )
