"""`newsletter keywords`: the topics of the archive."""

from __future__ import annotations

from shlex import quote
from typing import TYPE_CHECKING

import click

from newsletter.cli.exits import Exit
from newsletter.cli.opening import opened_publisher, print_json

if TYPE_CHECKING:
    from collections.abc import Sequence

    from newsletter.store.uses import KeywordUse


@click.group()
def keywords() -> None:
    """List keywords, show one, merge two, retire one."""


@keywords.command("list")
@click.option(
    "--most", type=click.IntRange(min=1), default=20, show_default=True, help="So many of each list."
)
@click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout, with all of them.")
@click.pass_context
def list_keywords(ctx: click.Context, *, most: int, as_json: bool) -> int:
    """List the most common keywords with the number of their papers, the new ones, and pairs that may be one.

    Pairs are alike in their letters; whether they mean the same is yours to say (merge). What means the
    same in other words belongs into keywords.toml.
    """
    from newsletter.daily.vocabulary import NEW_FOR, survey_keywords

    with opened_publisher(ctx) as publisher:
        survey = survey_keywords(publisher, pairs=most)
    if as_json:
        print_json(survey.as_json())
        return Exit.DONE
    _list_uses(f"{len(survey.uses)} keywords", survey.uses, most)
    if 0 < len(survey.new) < len(survey.uses):  # at first all are new
        _list_uses(f"{len(survey.new)} new within {NEW_FOR.days} days", survey.new, most)
    if survey.near_duplicates:
        click.secho("\nmay be one: newsletter keywords merge OLD NEW", bold=True)
        for pair in survey.near_duplicates:
            click.echo(f"        {quote(pair.old)} {quote(pair.new)}")
    return Exit.DONE


def _list_uses(title: str, uses: Sequence[KeywordUse], most: int) -> None:
    click.secho(f"\n{title}", bold=True)
    for use in uses[:most]:
        click.echo(f"{use.papers:>6}  {use.keyword.label}")
    if len(uses) > most:
        click.echo(f"        and {len(uses) - most} more (--most {len(uses)})")


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
