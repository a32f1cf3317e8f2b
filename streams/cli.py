"""The commands. Each parses, calls a function of the room that does the work, and exits.

Exit codes: 0 ok, 2 usage, 3 settings or plan, 4 a dependency is down, 5 a check failed.
"""

import os
import signal
import sys
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from streams import __version__

PlanFile = Annotated[
    Path | None, typer.Option("--plan", help="YAML plan; without one the defaults", metavar="FILE")
]
AllowEndpoint = Annotated[
    bool, typer.Option("--allow-endpoint", help="Accept an endpoint that is not Cordial's")
]
Json = Annotated[bool, typer.Option("--json", help="One JSON document instead of text")]
JsonLines = Annotated[bool, typer.Option("--json", help="JSON, a line each, instead of text")]
Partitions = Annotated[int | None, typer.Option(help="Where no source exists yet", min=1)]

app = typer.Typer(
    name="cordial-streams",
    help="""Carries a company's Kafka event bus to Cordial: per contact in order, each order once.

    Example: cordial-streams check --offline --plan plan.yaml""",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
topics_app = typer.Typer(
    help="The topics this product needs.\n\nExample: cordial-streams topics plan",
    no_args_is_help=True,
)
dead_app = typer.Typer(
    help="What could not be delivered.\n\nExample: cordial-streams dead-letters list",
    no_args_is_help=True,
)
app.add_typer(topics_app, name="topics")
app.add_typer(dead_app, name="dead-letters")


def fail(code: int, message: str) -> NoReturn:
    """Say what is wrong on standard error and exit with `code`."""
    typer.echo(f"cordial-streams: {message}", err=True)
    raise typer.Exit(code)


@app.command()
def version(json: Json = False) -> None:
    """Print the version.

    Example: cordial-streams version --json
    """
    typer.echo(f'{{"version": "{__version__}"}}' if json else f"cordial-streams {__version__}")


def _allow_endpoint(allowed: bool) -> None:
    if allowed:
        os.environ["CORDIAL_STREAMS_CORDIAL__ALLOW_ENDPOINT"] = "true"


@app.command()
def worker(plan: PlanFile = None, allow_endpoint: AllowEndpoint = False) -> None:
    """Run a worker until SIGTERM. Settings come from CORDIAL_STREAMS_* variables.

    Example: CORDIAL_STREAMS_KAFKA__BOOTSTRAP=127.0.0.1:9092 cordial-streams worker --plan plan.yaml
    """
    # Until the worker has its own handler there is nothing to finish.
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    from streams.app import run_worker

    _allow_endpoint(allow_endpoint)
    raise typer.Exit(run_worker(plan))


@app.command()
def trace(
    files: Annotated[
        list[str] | None, typer.Argument(help="Files of events as JSON; - is standard input")
    ] = None,
    plan: PlanFile = None,
    segment_id_key: Annotated[
        str | None, typer.Option(help="Unique attribute that stores the user id", metavar="NAME")
    ] = None,
    story: Annotated[
        Path | None,
        typer.Option(help="A story: print the difference to what it expects", metavar="FILE"),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="One JSON line per event")] = False,
) -> None:
    """Show what each event would tell Cordial, and why. Needs no Kafka, no network and no key.
    Identifiers and prefix come from CORDIAL_STREAMS_* variables, as in the worker.

    Example: echo '{"type":"track","event":"Signed Up","userId":"u-1"}' | cordial-streams trace -
    --segment-id-key segment_id
    """
    from streams.trace import run_trace

    if story is not None and (files or plan or segment_id_key or json):
        fail(2, "--story stands alone: events, plan and settings are in the story")
    if not files and story is None:
        fail(2, "trace needs a file of events, - for standard input, or --story FILE")
    raise typer.Exit(
        run_trace(files or [], plan=plan, json=json, story=story, segment_id_key=segment_id_key)
    )


@app.command()
def demo(
    events: Annotated[int, typer.Option(help="Events of the day, at least", min=1)] = 2000,
    keep: Annotated[bool, typer.Option("--keep", help="Leave it running to look at")] = False,
    kafka: Annotated[bool, typer.Option("--kafka", help="A real broker (Java)")] = False,
    json: Json = False,
) -> None:
    """Play a shop's day through an embedded broker, the sandbox and a worker.

    Example: cordial-streams demo --events 2000
    """
    from streams.demo.run import run_demo

    raise typer.Exit(run_demo(events=events, keep=keep, kafka=kafka, as_json=json))


@app.command()
def check(
    plan: PlanFile = None,
    offline: Annotated[bool, typer.Option("--offline", help="Settings and plan only")] = False,
    allow_endpoint: AllowEndpoint = False,
    json: Json = False,
) -> None:
    """Check settings, plan, schemas, broker, registry, topics and the key; change nothing.

    Example: cordial-streams check --plan plan.yaml
    """
    from streams.checks import run_check

    _allow_endpoint(allow_endpoint)
    raise typer.Exit(run_check(plan, offline=offline, as_json=json))


@app.command(
    context_settings={
        "allow_extra_args": True,
        "ignore_unknown_options": True,
        "help_option_names": [],
    }
)
def sandbox(context: typer.Context) -> None:
    """Run the stand-in for Cordial on loopback.

    Example: cordial-streams sandbox --port 8025 --key demo --latency-ms 50
    """
    from streams.cordial.sandbox.__main__ import main as sandbox_main

    raise typer.Exit(sandbox_main(context.args) or 0)


@topics_app.command("plan")
def topics_plan(
    plan: PlanFile = None,
    partitions: Partitions = None,
    json: Json = False,
) -> None:
    """Show what `apply` would make and what stands in the way.

    Example: cordial-streams topics plan
    """
    _topics("plan", plan, json, partitions=partitions)


@topics_app.command("apply")
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


@topics_app.command("check")
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


Action = Annotated[str | None, typer.Option(help="Of this action only")]
Reason = Annotated[str | None, typer.Option(help="With this reason only")]
Contact = Annotated[str | None, typer.Option(help="Of this contact key only")]


def _known(action: str | None, reason: str | None, plan: Path | None) -> None:
    """A name that nothing has would find nothing, which reads like good news."""
    from streams.core.outcome import Dead
    from streams.plan import PlanError, instance_names, load_plan

    try:
        actions = instance_names(load_plan(plan))
    except PlanError as error:
        fail(3, str(error))
    for option, said, known in (
        ("--action", action, actions),
        ("--reason", reason, [*map(str, Dead)]),
    ):
        if said is not None and said not in known:
            near = get_close_matches(said, known, n=1)
            remedy = f"did you mean {near[0]}?" if near else f"known are {', '.join(known)}"
            fail(2, f"{option} {said}: no dead letter has it; {remedy}")


@dead_app.command("list")
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
    from streams.dead_letters import run_list

    _known(action, reason, plan)
    raise typer.Exit(
        run_list(action=action, reason=reason, contact=contact, as_json=json, plan=plan)
    )


@dead_app.command("show")
def dead_show(
    letter: Annotated[str, typer.Argument(help="Its id, as `list` prints it")], json: Json = False
) -> None:
    """Show one dead letter whole, its original value included.

    Example: cordial-streams dead-letters show cordial.upsertOrder-3-1042
    """
    from streams.dead_letters import run_show

    raise typer.Exit(run_show(letter, as_json=json))


@dead_app.command("replay")
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
    from streams.dead_letters import run_replay

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


def main() -> None:
    """Entry point of the `cordial-streams` command."""
    sys.exit(app())


if __name__ == "__main__":
    main()
