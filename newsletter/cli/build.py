"""`newsletter build`: pages and feeds, nobody is mailed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from newsletter.cli.exits import Exit
from newsletter.cli.opening import Day, opened_publisher

if TYPE_CHECKING:
    from datetime import date


@click.command()
@click.option("--date", "day", type=Day(), help="Take in that day's digest alone.")
@click.option("--all", "from_store", is_flag=True, help="Every stored edition, without reading the source.")
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), help="Instead of [site] out.")
@click.pass_context
def build(ctx: click.Context, day: date | None, from_store: bool, out: Path | None) -> int:
    """Write pages and feeds: take in what is new in the source, write what changed."""
    from newsletter.daily.publish import publish_site
    from newsletter.daily.read import read_digests, store_digests

    if day is not None and from_store:
        raise click.UsageError("--date and --all exclude each other")
    with opened_publisher(ctx) as publisher:
        if not from_store:
            reading = read_digests(publisher, day=day)
            others = reading.others if day is None else ()
            with publisher.store.write() as tx:
                store_digests(tx, publisher, [reading.digest, *others])
            for error in reading.broken:
                click.echo(f"warning: {error.message}", err=True)
        change = publish_site(publisher, out=out, everything=from_store)
        click.echo(
            f"{out or publisher.out}: {len(change.written)} files written, {change.unchanged} unchanged"
        )
    return Exit.DONE
