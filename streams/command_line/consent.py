"""`cordial-streams consent …`."""

from typing import Annotated

import typer

from streams.command_line.options import Json

consent = typer.Typer(
    help="Who is subscribed, and why.\n\nExample: cordial-streams consent show --contact u-42",
    no_args_is_help=True,
)


@consent.callback()
def _words() -> None:
    """Who is subscribed, and why.

    Example: cordial-streams consent show --contact u-42
    """


@consent.command("show")
def consent_show(
    contact: Annotated[str, typer.Option(help="The contact key: the user id of its events")],
    channel: Annotated[str | None, typer.Option(help="Of this channel only, such as email")] = None,
    json: Json = False,
) -> None:
    """Show each channel's status, which event and rule it is of, and what was not sent and why.

    Example: cordial-streams consent show --contact u-42 --channel email
    """
    from streams.operating.consent import run_consent_show

    raise typer.Exit(run_consent_show(contact, channel, as_json=json))
