"""`newsletter send`: the heart."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from newsletter.cli.exits import Exit, exit_code, print_error
from newsletter.cli.opening import Address, Day, opened_publisher, print_json

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from newsletter.daily.publisher import Publisher
    from newsletter.daily.report import DayReport, SendReport
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
    """Publish the latest digest and mail it to whoever has not had it; then the week, once it is over.

    Run again, it says what was done and does nothing. The week goes out although the day's digest is missing.
    """
    with opened_publisher(ctx) as publisher:
        if dry_run or addresses:
            return _rehearse(publisher, day, addresses, dry_run=dry_run, force=force, as_json=as_json)
        return _send(publisher, day, states, force=force, as_json=as_json)


def _send(
    publisher: Publisher, day: date | None, states: tuple[str, ...], *, force: bool, as_json: bool
) -> int:
    from newsletter.cli.progress import shown_progress, stopping
    from newsletter.daily.job import SendOptions, run_day
    from newsletter.model import DeliveryState

    options = SendOptions(day, force, tuple(map(DeliveryState, states)))
    with stopping() as stop, shown_progress() as progress:
        report = run_day(publisher, options, stop=stop, progress=progress)
    _print_report(report, as_json=as_json)
    for error in report.errors:
        print_error(error)
    for each in (report.daily, report.weekly):
        if each is not None and each.stopped_by is not None:
            print_error(each.stopped_by)
        elif each is not None:
            _print_troubles(each)
    stopped = [each.stopped_by for each in (report.daily, report.weekly) if each and each.stopped_by]
    codes = [exit_code(error) for error in (*report.errors, *stopped)]
    return max(codes, default=Exit.DONE if report.is_complete else Exit.NOT_ALL_SUBMITTED)


def _print_report(report: DayReport, *, as_json: bool) -> None:
    if as_json and (document := report.as_json()) is not None:
        print_json(document)
    weekly = report.weekly
    told = [report.daily] if report.daily else []
    if weekly is not None and (weekly.counts.planned or weekly.edition.is_stopped or weekly.busy):
        told.append(weekly)
    for each in () if as_json else told:
        click.echo(each.as_line())
    for error in report.daily.broken if report.daily else ():
        click.echo(f"warning: {error.message}", err=True)
    for edition in filter(None, (report.daily, weekly)):
        for earlier in edition.resumed:
            click.echo(f"taken up again: {earlier.as_line()}", err=True)
    for note in (note for each in report.reports for note in each.notes()):
        click.echo(f"warning: {note}", err=True)


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
    from newsletter.daily.hold import admit, check_age
    from newsletter.daily.read import read_digests
    from newsletter.daily.transport import check_transport
    from newsletter.errors import DigestError

    if addresses and dry_run:
        raise click.UsageError("--dry-run and --to exclude each other")
    if addresses:
        check_transport(publisher)
    if addresses:
        digest = read_digests(publisher, day=day, force=force).digest
        return _send_tests(publisher, digest, addresses, as_json=as_json)
    try:
        reading = read_digests(publisher, day=day, force=force)
        digests = [reading.digest, *reading.others]
        if not force:
            check_age(publisher, reading.digest)
            digests, _ = admit(publisher, reading, for_good=False)
    except DigestError:
        if day is None:  # the week does not wait for it
            _dry_run(publisher, None, [], with_week=True, as_json=as_json)
        raise
    return _dry_run(publisher, reading.digest, digests, with_week=day is None, as_json=as_json)


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


def _dry_run(
    publisher: Publisher,
    digest: Digest | None,
    digests: Sequence[Digest],
    *,
    with_week: bool,
    as_json: bool,
) -> int:
    """Of the day, where it has a digest, and of the weeks that are over once `digests` are taken in."""
    from newsletter.daily.rehearse import DryRun, Rehearsed, rehearse_send, rehearse_weekly

    told: list[dict[str, Any]] = []

    def tell(reader: Rehearsed) -> None:
        if as_json:
            told.append(reader.as_json())
            return
        reason = _REASONS.get(reader.left_out or reader.skipped, reader.left_out or reader.skipped)
        fate = f"{reader.size:,} bytes  {reader.subject}" if reader.size else f"skipped: {reason}"
        click.echo(f"{reader.email:<40}  {reader.problem or fate}")

    def show(run: DryRun) -> dict[str, Any]:
        if not as_json:
            click.echo(run.as_line())
        readers, told[:] = told[:], []
        return run.as_json() | {"readers": readers}

    daily = None if digest is None else show(rehearse_send(publisher, digest, tell=tell))
    weeks = rehearse_weekly(publisher, digests, tell=tell) if with_week else ()
    weekly = [show(week) for week in weeks if week.counts.planned]
    if as_json and daily is not None:
        print_json(daily | {"weekly": weekly[-1] if weekly else None})
    return Exit.DONE


_REASONS = {
    "no_match": "no new paper matches",
    "unconfirmed": "not confirmed yet",
    "weekly": "wants weekly editions",
    "daily": "wants daily editions",
}
