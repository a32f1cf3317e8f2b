"""`cordial-streams topics …`."""

from pathlib import Path
from typing import Annotated, NoReturn

import typer

from streams.command_line.options import Json, PlanFile

Partitions = Annotated[int | None, typer.Option(help="Where no source exists yet", min=1)]

topics = typer.Typer(
    help="The topics this product needs.\n\nExample: cordial-streams topics plan",
    no_args_is_help=True,
)


@topics.command("plan")
def topics_plan(
    plan: PlanFile = None,
    partitions: Partitions = None,
    json: Json = False,
) -> None:
    """Show what `apply` would make and what stands in the way.

    Example: cordial-streams topics plan
    """
    _topics("plan", plan, json, partitions=partitions)


@topics.command("apply")
def topics_apply(
    plan: PlanFile = None,
    partitions: Partitions = None,
    with_sources: Annotated[
        bool, typer.Option("--with-sources", help="Also the bus itself, for a demo or a test")
    ] = False,
    json: Json = False,
) -> None:
    """Make the missing topics. Deletes nothing and changes no partition count.

    Example: cordial-streams topics apply --partitions 8
    """
    _topics("apply", plan, json, partitions=partitions, with_sources=with_sources)


@topics.command("check")
def topics_check(plan: PlanFile = None, json: Json = False) -> None:
    """Check that all topics are there with equal partition counts; exit 5 where not.

    Example: cordial-streams topics check
    """
    _topics("check", plan, json)


def _topics(
    word: str,
    plan: Path | None,
    json: bool,
    *,
    partitions: int | None = None,
    with_sources: bool = False,
) -> NoReturn:
    from streams.checks import run_topics

    raise typer.Exit(
        run_topics(word, plan, partitions=partitions, with_sources=with_sources, as_json=json)
    )
