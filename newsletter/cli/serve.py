"""`newsletter serve`: the web application."""

from __future__ import annotations

import logging

import click

from newsletter.cli.exits import Exit
from newsletter.cli.opening import opened_publisher, start_logging


@click.command()
@click.option("--host", help="Instead of [web] host.")
@click.option("--port", type=click.IntRange(0, 65535), help="Instead of [web] port; 0: any free one.")
@click.pass_context
def serve(ctx: click.Context, host: str | None, port: int | None) -> int:
    """Serve public/, /healthz and the personal links of the mails: unsubscribe, preferences, feeds."""
    from newsletter.web.server import run_server

    start_logging(logging.INFO)
    with opened_publisher(ctx) as publisher:
        web = publisher.config.web
        run_server(publisher, host=host or web.host, port=web.port if port is None else port)
    return Exit.DONE
