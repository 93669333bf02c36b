"""`newsletter subscribers`: who gets the mail."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from newsletter.cli.exits import Exit
from newsletter.cli.opening import now, opened_publisher
from newsletter.cli.streams import utf8_output

if TYPE_CHECKING:
    from newsletter.daily.publisher import Publisher
    from newsletter.model import Subscriber
    from newsletter.store import Transaction

_Command = TypeVar("_Command", bound=Callable[..., Any])
_STATUSES = click.Choice(["unconfirmed", "confirmed", "unsubscribed"])


@click.group()
def subscribers() -> None:
    """Add, import, change, list and erase subscribers."""


@subscribers.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, allow_dash=True))
@click.pass_context
def import_list(ctx: click.Context, file: str) -> int:
    """Take in a CSV list (see subscribers/README.md).

    Bad rows are named with their line, the good ones stand. Nobody who unsubscribed or is suppressed
    gets mail again by an import.
    """
    from newsletter.render.words import known_languages
    from newsletter.store.list_lines import decode_blocks
    from newsletter.store.subscriber_list import import_subscribers

    with opened_publisher(ctx) as publisher, click.open_file(file, "rb") as binary:
        blocks = decode_blocks(binary)
        report = import_subscribers(publisher.store, blocks, languages=known_languages(), now=now())
    for problem in report.problems:
        click.echo(f"{file}:{problem.line}: {problem.message}", err=True)
    click.echo(f"{report.added} new, {report.known} known, {len(report.problems)} left out")
    return Exit.USAGE if report.problems else Exit.DONE


@subscribers.command()
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="A file instead of stdout.")
@click.option("--status", type=_STATUSES, help="Only these.")
@click.pass_context
def export(ctx: click.Context, out: Path | None, status: str | None) -> int:
    """Write all subscribers as CSV in UTF-8, as import reads it."""
    from newsletter.model import SubscriberStatus
    from newsletter.store.list_file import export_subscribers
    from newsletter.store.subscriber_list import write_rows
    from newsletter.store.subscribers import iterate_subscribers

    wanted = SubscriberStatus(status) if status else None
    with opened_publisher(ctx) as publisher, publisher.store.read() as tx:
        rows = iterate_subscribers(tx, status=wanted)
        if out is None:
            write_rows(rows, utf8_output())
        else:
            export_subscribers(rows, out)
    return Exit.DONE


@subscribers.command("list")
@click.option("--status", type=_STATUSES, help="Only these.")
@click.pass_context
def list_all(ctx: click.Context, status: str | None) -> int:
    """List subscribers, a line each."""
    from newsletter.model import SubscriberStatus
    from newsletter.store.subscribers import count_subscribers, iterate_subscribers

    wanted = SubscriberStatus(status) if status else None
    with opened_publisher(ctx) as publisher, publisher.store.read() as tx:
        for each in iterate_subscribers(tx, status=wanted):
            click.echo(_describe(each))
        counts = count_subscribers(tx)
    total = ", ".join(f"{count} {state}" for state, count in sorted(counts.items()))
    click.echo(total or "no subscribers yet: newsletter subscribers import FILE", err=True)
    return Exit.DONE


@subscribers.command()
@click.argument("address")
@click.pass_context
def show(ctx: click.Context, address: str) -> int:
    """Show what is known of an address."""
    with opened_publisher(ctx) as publisher, publisher.store.read() as tx:
        _print_known(tx, address)
    return Exit.DONE


def _preference_options(command: _Command) -> _Command:
    for option in (
        click.option("--limit", type=click.IntRange(min=1), help="The most papers in one mail."),
        click.option("--language", help="Of the interface words."),
        click.option("--frequency", type=click.Choice(["daily", "weekly"])),
        click.option("--keywords", metavar="a;b", help="Only papers with these; empty: all papers."),
        click.option("--name"),
    ):
        command = option(command)
    return command


@subscribers.command()
@click.argument("address")
@_preference_options
@click.pass_context
def add(ctx: click.Context, /, address: str, **wishes: Any) -> int:
    """Add one address, confirmed: you have its owner's word."""
    from newsletter.errors import AlreadyExists, NotFound
    from newsletter.model import SubscriberStatus
    from newsletter.store.subscribers import find_subscriber

    with opened_publisher(ctx) as publisher:
        with publisher.store.read() as tx:
            try:
                known = find_subscriber(tx, address)
            except NotFound:
                pass
            else:
                fix = f"newsletter subscribers set {address} … changes it"
                if known.status is SubscriberStatus.UNSUBSCRIBED:
                    fix = f"newsletter subscribers set {address} --resubscribe, where its owner asks for it"
                raise AlreadyExists(f"{known.email} is a subscriber already ({known.status})", fix=fix)
        _save(publisher, address, wishes)
    return Exit.DONE


@subscribers.command("set")
@click.argument("address")
@_preference_options
@click.option(
    "--resubscribe", is_flag=True, help="Confirmed again, although unsubscribed: you have its owner's word."
)
@click.option("--lift-suppression", is_flag=True, help="Mail it again: the refusal or bounce was a mistake.")
@click.pass_context
def set_wishes(
    ctx: click.Context, /, address: str, *, resubscribe: bool, lift_suppression: bool, **wishes: Any
) -> int:
    """Change what a subscriber gets; what is not named stays."""
    from newsletter.store import suppressions
    from newsletter.store.subscribers import find_subscriber

    with opened_publisher(ctx) as publisher:
        if lift_suppression:
            with publisher.store.write() as tx:
                suppressions.lift_suppression(tx, find_subscriber(tx, address).email)
        _save(publisher, address, wishes, is_known=True, resubscribes=resubscribe)
    return Exit.DONE


@subscribers.command()
@click.argument("address")
@click.pass_context
def remove(ctx: click.Context, address: str) -> int:
    """Unsubscribe an address: it stays known, so that no import revives it."""
    from newsletter.store.subscribers import find_subscriber, unsubscribe

    with opened_publisher(ctx) as publisher, publisher.store.write() as tx:
        unsubscribe(tx, find_subscriber(tx, address), now=now())
    click.echo(f"{address} is unsubscribed")
    return Exit.DONE


@subscribers.command()
@click.argument("address")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.pass_context
def erase(ctx: click.Context, address: str, yes: bool) -> int:
    """Forget a person altogether: name, address and choices. An import may bring the address back."""
    from newsletter.store.erasure import erase_subscriber

    if not yes:
        click.confirm(f"Erase everything known of {address}?", abort=True, err=True)
    with opened_publisher(ctx) as publisher, publisher.store.write() as tx:
        erase_subscriber(tx, address)
    click.echo(f"{address} is forgotten")
    return Exit.DONE


def _save(
    publisher: Publisher,
    address: str,
    wishes: dict[str, Any],
    *,
    is_known: bool = False,
    resubscribes: bool = False,
) -> None:
    """Stores an address with the wishes that were named, by the rules of a list's row."""
    from newsletter.render.words import known_languages
    from newsletter.store.saving import save_subscribers
    from newsletter.store.subscriber_list import read_wishes
    from newsletter.store.subscribers import find_subscriber, resubscribe

    named = {name: str(value) for name, value in wishes.items() if value is not None}
    row = read_wishes(address, named, languages=known_languages())
    with publisher.store.write() as tx:
        if is_known:
            known = find_subscriber(tx, address)
            if resubscribes:
                resubscribe(tx, known, now=now())
        save_subscribers(tx, [row], now=now())
    with publisher.store.read() as tx:  # after the commit: output that fails takes nothing back
        _print_known(tx, address)


def _print_known(tx: Transaction, address: str) -> None:
    from newsletter.store.subscribers import find_subscriber
    from newsletter.store.suppressions import find_suppression

    click.echo(_describe(find_subscriber(tx, address)))
    reason = find_suppression(tx, address)
    if reason is not None:
        click.echo(f"suppressed: {reason}")


def _describe(subscriber: Subscriber) -> str:
    wanted = subscriber.preferences
    papers = "all papers" if wanted.keywords is None else "; ".join(wanted.keywords)
    limit = f", at most {wanted.limit}" if wanted.limit else ""
    language = f", {wanted.language}" if wanted.language else ""
    return f"{subscriber.email:<40} {subscriber.status:<12} {wanted.frequency}, {papers}{limit}{language}"
