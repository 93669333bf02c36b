"""`newsletter keywords`: the topics of the archive."""

from __future__ import annotations

import click

from newsletter.cli.exits import Exit
from newsletter.cli.opening import opened_publisher


@click.group()
def keywords() -> None:
    """List keywords, show one, merge two, retire one."""


@keywords.command("list")
@click.option("--most", type=click.IntRange(min=1), default=50, show_default=True, help="So many of them.")
@click.pass_context
def list_common(ctx: click.Context, most: int) -> int:
    """List the most common keywords with the number of their papers."""
    from newsletter.daily.vocabulary import read_keywords

    with opened_publisher(ctx) as publisher:
        uses = read_keywords(publisher)
    for use in uses[:most]:
        click.echo(f"{use.papers:>6}  {use.keyword.label}")
    click.echo(f"{len(uses)} keywords", err=True)
    return Exit.DONE


@keywords.command()
@click.argument("keyword")
@click.pass_context
def show(ctx: click.Context, keyword: str) -> int:
    """Show what a keyword means: its label, its spellings, its address, its newest papers."""
    from newsletter.daily.vocabulary import describe_keyword

    with opened_publisher(ctx) as publisher:
        click.echo("\n".join(describe_keyword(publisher, keyword)))
    return Exit.DONE


@keywords.command()
@click.argument("old")
@click.argument("new")
@click.pass_context
def merge(ctx: click.Context, old: str, new: str) -> int:
    """Make OLD a spelling of NEW: papers, choices and the old address follow."""
    from newsletter.daily.publish import publish_site
    from newsletter.daily.vocabulary import merge_into

    with opened_publisher(ctx) as publisher:
        was, becomes = merge_into(publisher, old, new)
        change = publish_site(publisher)
    click.echo(f"{was.label} is {becomes.label} from now on; {len(change.written)} files written")
    return Exit.DONE


@keywords.command()
@click.argument("keyword")
@click.pass_context
def retire(ctx: click.Context, keyword: str) -> int:
    """Take a keyword out of pages, feeds and links; `serve` answers 410 at its address."""
    from newsletter.daily.publish import publish_site
    from newsletter.daily.vocabulary import retire as retire_it

    with opened_publisher(ctx) as publisher:
        retired = retire_it(publisher, keyword)
        change = publish_site(publisher)
    click.echo(f"{retired.label} is retired; {len(change.written)} files written")
    return Exit.DONE
