"""`newsletter digest`: a digest as it is read."""

from __future__ import annotations

import click

from newsletter.cli.exits import Exit, exit_code, print_error
from newsletter.cli.opening import find_config, now, print_json


@click.group()
def digest() -> None:
    """Look at a digest as it is read."""


@digest.command()
@click.argument("source", required=False, metavar="[FILE|URL|-]")
@click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout.")
@click.pass_context
def show(ctx: click.Context, source: str | None, as_json: bool) -> int:
    """Parse and print one digest: a file, an https URL, - for standard input; by default the latest."""
    import sys
    from zoneinfo import ZoneInfo

    from newsletter.digests import FetchLimits, read_sources
    from newsletter.digests.show import digest_as_json, digest_as_text
    from newsletter.errors import DigestError

    config = find_config(ctx)
    today = now().astimezone(ZoneInfo(config.newsletter.timezone)).date()
    found = read_sources(
        (source,) if source else config.digest.source,
        today=today,
        stdin=sys.stdin.buffer,
        limits=FetchLimits(private_addresses=config.digest.private_addresses),
    ).latest()
    if as_json:
        print_json(digest_as_json(found))
    else:
        click.echo(digest_as_text(found))
    if not found.papers:
        fix = "check the program that writes it, and the problems that are named"
        error = DigestError(f"{found.source} has no papers", source=found.source, fix=fix)
        print_error(error)
        return exit_code(error)
    return Exit.DONE
