"""The commands. Each parses, calls a function of the room that does the work, and exits.

Exit codes: 0 ok, 2 usage, 3 settings or plan, 4 a dependency is down, 5 a check failed.
"""

import os
import signal
import sys
from pathlib import Path
from typing import Annotated

import typer

from streams import __version__
from streams.command_line.attributes import attributes
from streams.command_line.consent import consent
from streams.command_line.dead_letters import dead_letters
from streams.command_line.identity import identity
from streams.command_line.options import (
    AllowEndpoint,
    Json,
    PlanFile,
    RecordName,
    SegmentIdKey,
    SourceTopic,
    fail,
)
from streams.command_line.plan import plans
from streams.command_line.qa import qa
from streams.command_line.topics import topics

app = typer.Typer(
    name="cordial-streams",
    help="""Carries a company's Kafka event bus to Cordial: per contact in order, each order once.

    Example: cordial-streams check --offline --plan plan.yaml""",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
app.add_typer(plans, name="plan")
app.add_typer(topics, name="topics")
app.add_typer(identity, name="identity")
app.add_typer(attributes, name="attributes")
app.add_typer(qa, name="qa")
app.add_typer(consent, name="consent")
app.add_typer(dead_letters, name="dead-letters")


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
    from streams.running.command import run_worker

    _allow_endpoint(allow_endpoint)
    raise typer.Exit(run_worker(plan))


@app.command()
def trace(
    files: Annotated[
        list[str] | None, typer.Argument(help="Files of events as JSON; - is standard input")
    ] = None,
    plan: PlanFile = None,
    segment_id_key: SegmentIdKey = None,
    story: Annotated[
        Path | None,
        typer.Option(help="A story: print the difference to what it expects", metavar="FILE"),
    ] = None,
    explain: Annotated[
        bool, typer.Option("--explain", help="Each trigger's parts, and where each field is from")
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="One JSON line per event")] = False,
    source: SourceTopic = None,
    record: RecordName = None,
) -> None:
    """Show what each event would tell Cordial, and why. Needs no Kafka, no network and no key.
    Identifiers and prefix come from CORDIAL_STREAMS_* variables, as in the worker.

    Example: echo '{"type":"track","event":"Signed Up","userId":"u-1"}' | cordial-streams trace -
    --segment-id-key segment_id
    """
    from streams.tracing.command import run_trace

    alone = not (files or plan or segment_id_key or explain or json or source or record)
    if story is not None and not alone:
        fail(2, "--story stands alone: events, plan and settings are in the story")
    if not files and story is None:
        fail(2, "trace needs a file of events, - for standard input, or --story FILE")
    raise typer.Exit(
        run_trace(
            files or [],
            plan=plan,
            json=json,
            story=story,
            segment_id_key=segment_id_key,
            explain=explain,
            source=source,
            record=record,
        )
    )


@app.command()
def preview(
    topic: Annotated[str, typer.Option(help="The topic of the bus", metavar="T")],
    start: Annotated[
        str,
        typer.Option("--from", help="An offset, a time, or beginning", metavar="START"),
    ] = "beginning",
    limit: Annotated[int, typer.Option(help="Records at most", min=1)] = 1000,
    plan: PlanFile = None,
    out: Annotated[
        Path | None,
        typer.Option(help="Also a report: .html, or anything else for Markdown", metavar="FILE"),
    ] = None,
    show_values: Annotated[
        bool, typer.Option("--show-values", help="What events say, personal data included")
    ] = False,
    tables: Annotated[
        bool, typer.Option("--tables", help="Know what the worker's tables know; reads them first")
    ] = False,
    json: Json = False,
) -> None:
    """Show what a plan makes of what is on the bus. Sends, produces and commits nothing.

    Example: cordial-streams preview --topic customer.events --from 2026-11-20T10:00:00Z --limit 500
    """
    from streams.previewing.command import run_preview

    raise typer.Exit(
        run_preview(
            topic,
            start,
            limit=limit,
            plan=plan,
            out=out,
            show_values=show_values,
            tables=tables,
            as_json=json,
        )
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
    offline: Annotated[
        bool, typer.Option("--offline", help="What a worker needs to start, asking nobody")
    ] = False,
    allow_endpoint: AllowEndpoint = False,
    json: Json = False,
) -> None:
    """Check settings, plan, schemas, broker, registry, topics and the key; change nothing.

    Example: cordial-streams check --plan plan.yaml
    """
    from streams.checking.check import run_check

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


def main() -> None:
    """Entry point of the `cordial-streams` command."""
    sys.exit(app())


if __name__ == "__main__":
    main()
