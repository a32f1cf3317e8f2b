"""`cordial-streams dead-letters …`."""

from pathlib import Path
from typing import Annotated

import typer

from streams.command_line.options import Json, JsonLines, PlanFile, fail

dead_letters = typer.Typer(
    help="What could not be delivered.\n\nExample: cordial-streams dead-letters list",
    no_args_is_help=True,
)

Action = Annotated[str | None, typer.Option(help="Of this action only")]
Reason = Annotated[str | None, typer.Option(help="With this reason only")]
Contact = Annotated[str | None, typer.Option(help="Of this contact key only")]


def _known(action: str | None, reason: str | None, plan: Path | None) -> None:
    """A name that nothing has would find nothing, which reads like good news."""
    from streams.core.outcome import Dead
    from streams.plan import PlanError, instance_names, load_plan
    from streams.plan.places import suggestion

    try:
        actions = instance_names(load_plan(plan))
    except PlanError as error:
        fail(3, str(error))
    for option, said, known in (
        ("--action", action, actions),
        ("--reason", reason, [*map(str, Dead)]),
    ):
        if said is not None and said not in known:
            fail(2, f"{option} {said}: no dead letter has it; {suggestion(said, known)}")


@dead_letters.command("list")
def dead_list(
    action: Action = None,
    reason: Reason = None,
    contact: Contact = None,
    plan: PlanFile = None,
    json: JsonLines = False,
) -> None:
    """List dead letters, a line each.

    Example: cordial-streams dead-letters list --reason rejected
    """
    from streams.operating.dead_letters import run_list

    _known(action, reason, plan)
    raise typer.Exit(
        run_list(action=action, reason=reason, contact=contact, as_json=json, plan=plan)
    )


@dead_letters.command("show")
def dead_show(
    letter: Annotated[str, typer.Argument(help="Its id, as `list` prints it")], json: Json = False
) -> None:
    """Show one dead letter whole, its original value included.

    Example: cordial-streams dead-letters show cordial.upsertOrder-3-1042
    """
    from streams.operating.dead_letters import run_show

    raise typer.Exit(run_show(letter, as_json=json))


@dead_letters.command("replay")
def dead_replay(
    action: Action = None,
    reason: Reason = None,
    contact: Contact = None,
    letter: Annotated[str | None, typer.Option("--id", help="This one only")] = None,
    force: Annotated[bool, typer.Option("--force", help="Also what is stale, or replayed")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would go")] = False,
    plan: PlanFile = None,
    json: JsonLines = False,
) -> None:
    """Send dead letters through their lanes again, in their original order per contact.

    Example: cordial-streams dead-letters replay --reason rejected --dry-run
    """
    from streams.operating.dead_letters import run_replay

    _known(action, reason, plan)
    raise typer.Exit(
        run_replay(
            action=action,
            reason=reason,
            contact=contact,
            letter=letter,
            force=force,
            dry_run=dry_run,
            as_json=json,
            plan=plan,
        )
    )
