"""`newsletter status`: the latest editions and their deliveries."""

from __future__ import annotations

import click

from newsletter.cli.exits import Exit
from newsletter.cli.opening import opened_publisher, print_json


@click.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout.")
@click.pass_context
def status(ctx: click.Context, as_json: bool) -> int:
    """Show the latest editions with their deliveries, the subscribers and the last daily run."""
    from newsletter.daily.status import read_status

    with opened_publisher(ctx) as publisher:
        current = read_status(publisher)
    if as_json:
        print_json(current.as_json())
    else:
        click.echo("\n".join(current.as_lines()))
    return Exit.DONE
