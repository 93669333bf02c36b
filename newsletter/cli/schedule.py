"""`newsletter schedule`: the daily job in the foreground."""

from __future__ import annotations

import logging

import click

from newsletter.cli.exits import Exit
from newsletter.cli.opening import opened_publisher, start_logging


@click.command()
@click.pass_context
def schedule(ctx: click.Context) -> int:
    """Run the daily job at its hour ([schedule] cron), catch up after downtime, retry what is due.

    SIGTERM finishes what is in flight and leaves.
    """
    from newsletter.daily.transport import check_transport
    from newsletter.schedule import run_schedule

    start_logging(logging.INFO)
    with opened_publisher(ctx) as publisher:
        check_transport(publisher)
        run_schedule(publisher)
    return Exit.DONE
