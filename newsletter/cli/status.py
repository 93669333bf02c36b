"""`newsletter status`: the latest editions and their deliveries, once or live."""

from __future__ import annotations

import sys

import click

from newsletter.cli.exits import Exit
from newsletter.cli.opening import opened_publisher, print_json


@click.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout.")
@click.option("--watch", is_flag=True, help="Live on a terminal, until Ctrl-C.")
@click.pass_context
def status(ctx: click.Context, *, as_json: bool, watch: bool) -> int:
    """Show the latest editions with their deliveries, the subscribers and the last daily run."""
    from newsletter.daily.status import read_status

    if watch and (as_json or not sys.stdout.isatty()):
        raise click.UsageError("--watch is for a terminal; elsewhere --json says how things stand")
    with opened_publisher(ctx) as publisher:
        if watch:
            from newsletter.cli.watch import watch_status

            watch_status(lambda: read_status(publisher))
            return Exit.DONE
        current = read_status(publisher)
    if as_json:
        print_json(current.as_json())
    else:
        click.echo("\n".join(current.as_lines()))
    return Exit.DONE
