"""`newsletter preview`: the mail to look at."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from newsletter.cli.exits import Exit
from newsletter.cli.opening import Day, Keywords, opened_publisher

if TYPE_CHECKING:
    from datetime import date


@click.command()
@click.option("--date", "day", type=Day(), help="That day's digest instead of the latest.")
@click.option("--keywords", type=Keywords(), help="As a reader of these keywords gets it.")
@click.option("--language", default="", help="Of the interface words.  [default: the newsletter's]")
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("preview"),
    show_default=True,
    help="Where to write.",
)
@click.pass_context
def preview(
    ctx: click.Context, day: date | None, keywords: tuple[str, ...] | None, language: str, out: Path
) -> int:
    """Write the mail as .html, .txt and .eml, and say how large it is. Nothing is stored or sent."""
    from newsletter.daily.preview import write_preview
    from newsletter.daily.read import read_digests
    from newsletter.model import Preferences

    with opened_publisher(ctx) as publisher:
        digest = read_digests(publisher, day=day).digest
        sizes = write_preview(publisher, digest, Preferences(keywords, language=language), out)
    if sizes is None:
        click.echo(
            f"no paper of {digest.date} matches {', '.join(keywords or ())}: such a reader gets no mail"
        )
        return Exit.DONE
    for path in sizes.paths:
        click.echo(path)
    share = sizes.html_encoded / sizes.budget
    click.echo(f"HTML part {sizes.html_encoded:,} bytes as base64: {share:.0%} of what Gmail shows")
    click.echo(f"whole message {sizes.message:,} bytes")
    return Exit.DONE
