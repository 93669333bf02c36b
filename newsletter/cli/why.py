"""`newsletter why`: the story of an address."""

from __future__ import annotations

import click

from newsletter.cli.exits import Exit
from newsletter.cli.opening import opened_publisher


@click.command()
@click.argument("address")
@click.pass_context
def why(ctx: click.Context, address: str) -> int:
    """Tell why ADDRESS got what it got: edition, state, the server's answer, time, next attempt."""
    from newsletter.daily.story import explain_address

    with opened_publisher(ctx) as publisher:
        click.echo("\n".join(explain_address(publisher, address)))
    return Exit.DONE
