"""`newsletter pause`, `resume`, `cancel` and `release`: an edition on its way, or kept from it."""

from __future__ import annotations

import click

from newsletter.cli.exits import Exit
from newsletter.cli.opening import opened_publisher


@click.command()
@click.argument("edition")
@click.pass_context
def pause(ctx: click.Context, edition: str) -> int:
    """Stop the mailing of EDITION, such as 2025-09-24, until it is resumed.

    A run at work stops within one call. Pages and feeds stay as they are.
    """
    from newsletter.daily.control import pause as pause_it

    with opened_publisher(ctx) as publisher:
        click.echo(pause_it(publisher, edition))
    return Exit.DONE


@click.command()
@click.argument("edition")
@click.pass_context
def resume(ctx: click.Context, edition: str) -> int:
    """Let a paused EDITION go on: the schedule or the next send takes it up."""
    from newsletter.daily.control import resume as resume_it

    with opened_publisher(ctx) as publisher:
        click.echo(resume_it(publisher, edition))
    return Exit.DONE


@click.command()
@click.argument("edition")
@click.pass_context
def cancel(ctx: click.Context, edition: str) -> int:
    """Mail EDITION to nobody more, for good: who has not had it is skipped."""
    from newsletter.daily.control import cancel as cancel_it

    with opened_publisher(ctx) as publisher:
        click.echo(cancel_it(publisher, edition))
    return Exit.DONE


@click.command()
@click.argument("edition")
@click.pass_context
def release(ctx: click.Context, edition: str) -> int:
    """Let the held digest of EDITION, such as 2025-09-24, go as it is.

    A digest is held when it has far fewer papers than usual, or too much of it cannot be read.
    """
    from newsletter.daily.control import release as release_it

    with opened_publisher(ctx) as publisher:
        click.echo(release_it(publisher, edition))
    return Exit.DONE
