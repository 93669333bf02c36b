"""`newsletter preview`: the mail to look at, and what is wrong with it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from newsletter.cli.exits import Exit
from newsletter.cli.opening import Day, Keywords, opened_publisher

if TYPE_CHECKING:
    from datetime import date

    from newsletter.daily.preview import Preview
    from newsletter.render.lint import Finding


@click.command()
@click.option("--date", "day", type=Day(), help="That day's digest instead of the latest.")
@click.option("--weekly", is_flag=True, help="The mail of the week of that day, as far as it has come.")
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
    ctx: click.Context,
    *,
    day: date | None,
    weekly: bool,
    keywords: tuple[str, ...] | None,
    language: str,
    out: Path,
) -> int:
    """Write the mail as .html, .txt and .eml; say how large it is and where mail programs will not show
    it as meant. Nothing is stored or sent."""
    from newsletter.daily.composer import rehearse_edition, rehearse_week_of
    from newsletter.daily.preview import write_rehearsal
    from newsletter.daily.read import read_digests
    from newsletter.model import Preferences

    with opened_publisher(ctx) as publisher:
        reading = read_digests(publisher, day=day)
        digest, others = reading.digest, reading.others
        if weekly:
            rehearsal = rehearse_week_of(publisher, [digest, *others], digest.date)
        else:
            rehearsal = rehearse_edition(publisher, digest)
        if rehearsal is None:
            click.echo(f"every paper of {digest.date} stood in an earlier week: weekly readers get no mail")
            return Exit.DONE
        written = write_rehearsal(publisher, rehearsal, Preferences(keywords, language=language), out)
    if written is None:
        name = rehearsal[0].name
        if keywords:
            what = f"no new paper of {name} matches {', '.join(keywords)}"
        else:
            what = f"every paper of {name} was mailed before"
        click.echo(f"{what}: such a reader gets no mail")
        return Exit.DONE
    _tell(written)
    return Exit.DONE


def _tell(written: Preview) -> None:
    for path in written.paths:
        click.echo(path)
    share = written.html_encoded / written.budget
    click.echo(
        f"HTML part {written.html_encoded:,} of {written.budget:,} bytes as base64: "
        f"{share:.0%} of what Gmail shows"
    )
    click.echo(f"text part {written.text:,} bytes, whole message {written.message:,} bytes")
    for finding in written.findings:
        click.echo(f"\n{_describe(finding)}")
    count = len(written.findings)
    click.echo(f"\n{count} {'finding' if count == 1 else 'findings'}" if count else "no findings")


def _describe(finding: Finding) -> str:
    note = " (note)" if finding.is_note else ""
    lines = [
        f"{finding.rule}{note}: {finding.what}",
        f"  at   {finding.where}",
        f"  why  {finding.why}",
        f"  fix  {finding.fix}",
    ]
    return "\n".join([*lines, f"  see  {finding.source}"] if finding.source else lines)
