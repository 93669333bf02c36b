"""`newsletter build`: pages and feeds, nobody is mailed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from newsletter.cli.exits import Exit
from newsletter.cli.opening import Day, Keywords, opened_publisher

if TYPE_CHECKING:
    from datetime import date

    from newsletter.daily.publisher import Publisher
    from newsletter.site import SiteChange


@click.command()
@click.option("--date", "day", type=Day(), help="Take in that day's digest alone.")
@click.option("--all", "from_store", is_flag=True, help="Every stored edition, without reading the source.")
@click.option("--keywords", type=Keywords(), help="Only the feed of the papers with any of these.")
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), help="Instead of [site] out.")
@click.pass_context
def build(
    ctx: click.Context,
    *,
    day: date | None,
    from_store: bool,
    keywords: tuple[str, ...] | None,
    out: Path | None,
) -> int:
    """Write pages and feeds: take in what is new in the source, write what changed.

    With --keywords, only feeds/combine/a,b.atom, .rss and .json: for hosts that cannot run `serve`.
    """
    from newsletter.daily.hold import admit
    from newsletter.daily.publish import publish_site
    from newsletter.daily.read import read_digests, store_digests

    if day is not None and from_store:
        raise click.UsageError("--date and --all exclude each other")
    with opened_publisher(ctx) as publisher:
        if not from_store:
            reading = read_digests(publisher, day=day)
            if day is not None:
                reading = replace(reading, others=())
            digests, held = admit(publisher, reading)
            with publisher.store.write() as tx:
                store_digests(tx, publisher, digests)
            for error in (*reading.broken, *held):
                click.echo(f"warning: {error.message}", err=True)
        if keywords:
            change = _publish_combined(publisher, keywords, out or publisher.out)
        else:
            change = publish_site(publisher, out=out, everything=from_store)
        click.echo(
            f"{out or publisher.out}: {len(change.written)} files written, {change.unchanged} unchanged"
        )
    return Exit.DONE


def _publish_combined(publisher: Publisher, keywords: tuple[str, ...], out: Path) -> SiteChange:
    from newsletter.daily.combined import publish_combined

    files = publish_combined(publisher, keywords, out=out)
    for keyword in files.unused:
        click.echo(
            f"no paper has the keyword {keyword.label} yet: its papers come when there are any", err=True
        )
    return files.change
