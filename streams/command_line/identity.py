"""`cordial-streams identity …`."""

import typer

from streams.command_line.options import Json, PlanFile

identity = typer.Typer(
    help="Who contacts are.\n\nExample: cordial-streams identity report",
    no_args_is_help=True,
)


@identity.callback()
def _words() -> None:
    """Who contacts are.

    Example: cordial-streams identity report
    """


@identity.command("report")
def identity_report(plan: PlanFile = None, json: Json = False) -> None:
    """Show how many contacts have each identifier, what could not be used, and who shares one.

    Example: cordial-streams identity report --plan plan.yaml
    """
    from streams.operating.identity import run_identity_report

    raise typer.Exit(run_identity_report(plan, as_json=json))
