"""`cordial-streams topics …`."""

from pathlib import Path
from typing import Annotated, NoReturn

import typer

from streams.command_line.options import Json, PlanFile, fail

NewTables = Annotated[
    list[str] | None,
    typer.Option("--new", help="A table that no release here had before", metavar="TABLE"),
]
Partitions = Annotated[int | None, typer.Option(help="Where no source exists yet", min=1)]

topics = typer.Typer(
    help="The topics this product needs.\n\nExample: cordial-streams topics plan",
    no_args_is_help=True,
)


@topics.command("plan")
def topics_plan(
    plan: PlanFile = None,
    partitions: Partitions = None,
    new: NewTables = None,
    json: Json = False,
) -> None:
    """Show what `apply` would make and what stands in the way.

    Example: cordial-streams topics plan
    """
    _topics("plan", plan, json, partitions=partitions, new=new)


@topics.command("apply")
def topics_apply(
    plan: PlanFile = None,
    partitions: Partitions = None,
    with_sources: Annotated[
        bool, typer.Option("--with-sources", help="Also the bus itself, for a demo or a test")
    ] = False,
    new: NewTables = None,
    json: Json = False,
) -> None:
    """Make the missing topics. Deletes nothing and changes no partition count.

    Example: cordial-streams topics apply --partitions 8
    """
    _topics("apply", plan, json, partitions=partitions, with_sources=with_sources, new=new)


@topics.command("check")
def topics_check(plan: PlanFile = None, json: Json = False) -> None:
    """Check that all topics are there with equal partition counts; exit 5 where not.

    Example: cordial-streams topics check
    """
    _topics("check", plan, json)


@topics.command("migrate")
def topics_migrate(
    plan: PlanFile = None,
    partitions: Annotated[int | None, typer.Option(help="How many there are to be", min=1)] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be done, and do nothing")
    ] = False,
    wait: Annotated[
        float, typer.Option(help="Seconds for which the workers' end is waited for", min=0)
    ] = 600.0,
    forget: Annotated[
        bool,
        typer.Option("--forget", help="Leave behind rows of which nothing says whose they are"),
    ] = False,
    abandon: Annotated[
        bool, typer.Option("--abandon", help="Give up one that is not finished")
    ] = False,
    drop_old: Annotated[
        bool, typer.Option("--drop-old", help="Delete the topics of the layout before this one")
    ] = False,
    json: Json = False,
) -> None:
    """Go over to another number of partitions, by topics and tables of a new layout.

    It may be run again at any time, and goes on where it is.

    Example: cordial-streams topics migrate --partitions 8 --dry-run
    """
    from streams.migrating.command import Wish, run_migrate

    if abandon and drop_old:
        fail(2, "--abandon and --drop-old: give one of them")
    wish = Wish(partitions, dry_run, abandon, drop_old, forget, wait, json)
    raise typer.Exit(run_migrate(plan, wish))


def _topics(
    word: str,
    plan: Path | None,
    json: bool,
    *,
    partitions: int | None = None,
    with_sources: bool = False,
    new: list[str] | None = None,
) -> NoReturn:
    from streams.checking.topics import run_topics

    new_tables = new or []
    _known(new_tables)
    raise typer.Exit(
        run_topics(
            word,
            plan,
            partitions=partitions,
            with_sources=with_sources,
            new_tables=new_tables,
            as_json=json,
        )
    )


def _known(tables: list[str]) -> None:
    from streams.kafka.names import TABLES
    from streams.plan.places import suggestion

    for name in tables:
        if name not in TABLES:
            fail(2, f"--new {name}: no table is called so; {suggestion(name, TABLES)}")
