"""`newsletter demo`: the whole job on the sample digest."""

from __future__ import annotations

from pathlib import Path

import click

from newsletter.cli.exits import Exit


@click.command()
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("demo"),
    show_default=True,
    help="The folder to make it in.",
)
def demo(out: Path) -> int:
    """Make pages, feeds and mails of the sample digest: no configuration, no network, nobody is mailed."""
    from newsletter.daily.demo import run_demo

    made = run_demo(out)
    feeds = list((out / "public" / "feeds").rglob("*.atom"))
    mails = list((out / "outbox").glob("*.eml"))
    click.echo(
        f"The digest of {made.edition.name} with its {made.edition.papers} papers became\n"
        f"\n"
        f"  {out}/public/index.html   the pages: open it in a browser\n"
        f"  {out}/public/feeds/       {len(feeds)} feeds, as Atom and RSS: all papers, and one a keyword\n"
        f"  {out}/outbox/             {len(mails)} mails, one a subscriber of subscribers/example.csv\n"
        f"\n"
        f"Next, in a folder of your own:\n"
        f"\n"
        f"  newsletter init                    a newsletter.toml to fill in\n"
        f"  newsletter digest show FILE        how one of your digests is read\n"
        f"  newsletter send --dry-run          who would get what\n"
    )
    return Exit.DONE
