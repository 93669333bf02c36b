"""`newsletter send`: the heart."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from newsletter.cli.exits import Exit, exit_code, print_error
from newsletter.cli.opening import Address, Day, opened_publisher, print_json, warn_of_weekly_readers

if TYPE_CHECKING:
    from datetime import date

    from newsletter.daily.publisher import Publisher
    from newsletter.daily.report import SendReport
    from newsletter.model import Digest


@click.command()
@click.option("--date", "day", type=Day(), help="That day's digest instead of the latest.")
@click.option("--dry-run", is_flag=True, help="Compose all, hand nothing over, say who would get what.")
@click.option("--to", "addresses", multiple=True, type=Address(), help="Only a [test] copy to this address.")
@click.option("--force", is_flag=True, help="Although the digest is stale or held. Nobody is mailed twice.")
@click.option(
    "--retry", "states", multiple=True, type=click.Choice(["failed", "unknown"]), help="Offer these again."
)
@click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout.")
@click.pass_context
def send(
    ctx: click.Context,
    *,
    day: date | None,
    dry_run: bool,
    addresses: tuple[str, ...],
    force: bool,
    states: tuple[str, ...],
    as_json: bool,
) -> int:
    """Publish the latest digest and mail it to whoever has not had it.

    Run again, it says what was done and does nothing.
    """
    with opened_publisher(ctx) as publisher:
        if dry_run or addresses:
            return _rehearse(publisher, day, addresses, dry_run=dry_run, force=force, as_json=as_json)
        return _send(publisher, day, states, force=force, as_json=as_json)


def _send(
    publisher: Publisher, day: date | None, states: tuple[str, ...], *, force: bool, as_json: bool
) -> int:
    from newsletter.cli.progress import shown_progress, stopping
    from newsletter.daily.job import SendOptions, run_daily
    from newsletter.model import DeliveryState

    options = SendOptions(day, force, tuple(map(DeliveryState, states)))
    with stopping() as stop, shown_progress() as progress:
        report = run_daily(publisher, options, stop=stop, progress=progress)
    if as_json:
        print_json(report.as_json())
    else:
        click.echo(report.as_line())
    for error in report.broken:
        click.echo(f"warning: {error.message}", err=True)
    for earlier in report.resumed:
        click.echo(f"taken up again: {earlier.as_line()}", err=True)
    for note in (note for each in (report, *report.resumed) for note in each.notes()):
        click.echo(f"warning: {note}", err=True)
    warn_of_weekly_readers(publisher)
    if report.stopped_by is not None:
        print_error(report.stopped_by)
        return exit_code(report.stopped_by)
    _print_troubles(report)
    return Exit.DONE if report.is_complete else Exit.NOT_ALL_SUBMITTED


def _print_troubles(report: SendReport) -> None:
    if report.busy:
        click.echo("another newsletter process is delivering this edition: it is left alone", err=True)
    elif not report.is_complete:
        for trouble in report.troubles:
            click.echo(f"  {trouble.email}: {trouble.state}: {trouble.answer or 'not offered yet'}", err=True)


def _rehearse(
    publisher: Publisher,
    day: date | None,
    addresses: tuple[str, ...],
    *,
    dry_run: bool,
    force: bool,
    as_json: bool,
) -> int:
    from newsletter.daily.deliver import check_transport
    from newsletter.daily.hold import admit, check_age
    from newsletter.daily.read import read_digests

    if addresses and dry_run:
        raise click.UsageError("--dry-run and --to exclude each other")
    if addresses:
        check_transport(publisher)
    reading = read_digests(publisher, day=day, force=force)
    if not (force or addresses):
        check_age(publisher, reading.digest)
        admit(publisher, reading, for_good=False)
    if addresses:
        return _send_tests(publisher, reading.digest, addresses, as_json=as_json)
    return _dry_run(publisher, reading.digest, as_json=as_json)


def _send_tests(publisher: Publisher, digest: Digest, addresses: tuple[str, ...], *, as_json: bool) -> int:
    from newsletter.daily.rehearse import send_tests
    from newsletter.errors import NewsletterError

    results = send_tests(publisher, digest, addresses)
    kind = publisher.config.transport.kind
    if as_json:
        told = [
            {
                "address": address,
                "submitted": not isinstance(result, NewsletterError),
                "answer": result.message if isinstance(result, NewsletterError) else result.answer,
            }
            for address, result in results
        ]
        print_json({"edition": digest.date.isoformat(), "kind": "test", "to": told, "transport": kind})
    errors = [result for _, result in results if isinstance(result, NewsletterError)]
    for address, result in results:
        if isinstance(result, NewsletterError):
            print_error(result)
        elif not as_json:
            click.echo(f"{address}: a test copy was submitted ({kind})")
    return max(map(exit_code, errors), default=Exit.DONE)


def _dry_run(publisher: Publisher, digest: Digest, *, as_json: bool) -> int:
    from newsletter.daily.rehearse import Rehearsed, rehearse_send

    def tell(reader: Rehearsed) -> None:
        reason = _REASONS.get(reader.left_out or reader.skipped, reader.left_out or reader.skipped)
        fate = f"{reader.size:,} bytes  {reader.subject}" if reader.size else f"skipped: {reason}"
        click.echo(f"{reader.email:<40}  {reader.problem or fate}")

    if as_json:
        readers: list[dict[str, Any]] = []
        dry_run = rehearse_send(publisher, digest, tell=lambda reader: readers.append(reader.as_json()))
        print_json(dry_run.as_json() | {"readers": readers})
        return Exit.DONE
    dry_run = rehearse_send(publisher, digest, tell=tell)
    counts = dry_run.counts
    others = f", {dry_run.left_out} not asked for" if dry_run.left_out else ""
    unfit = f", {counts.failed} cannot be mailed" if counts.failed else ""
    click.echo(
        f"edition {dry_run.edition.name}: {counts.pending} would be mailed by {dry_run.transport}, "
        f"{counts.skipped} skipped{unfit}{others}; nothing was handed over"
    )
    return Exit.DONE


_REASONS = {
    "no_match": "no paper matches that was not mailed before",
    "unconfirmed": "not confirmed yet",
    "weekly": "wants weekly editions",
    "daily": "wants daily editions",
}
