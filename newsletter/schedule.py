"""The daily job at its hour: APScheduler wiring only; the store says what is due.

Every half minute a tick asks: has the hour of yesterday or today passed, within the catch-up window,
and is that day's run not done? Then it runs. A day is done when an edition went out: where the digest
is late, broken or the one of yesterday, the run is tried again until it is there or the window closes.
A week that is over goes with the run of its last day or of a later one (`daily/weeks.py`), and what was left
of it is taken up between the runs.
Cron expressions are only read, for the wall-clock time they give on a day: the trigger's own memory
loses a day when the clocks go forward and runs twice when they go back.
"""

from __future__ import annotations

import logging
import re
import signal
import threading
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from newsletter.daily.job import SendOptions, resume_open, run_day
from newsletter.daily.publisher import Publisher
from newsletter.daily.report import DayReport, SendReport
from newsletter.daily.weekly import run_weekly
from newsletter.errors import ConfigError, NewsletterError, TransportMisconfigured
from newsletter.store.runs import Run, begin_run, end_run, find_run

if TYPE_CHECKING:
    from apscheduler.triggers.cron import CronTrigger

_log = logging.getLogger(__name__)

TICK = timedelta(seconds=30)
CATCH_UP = timedelta(hours=24)
"""A run missed by more than this (the machine was off) is left out: the next one is near."""

TRY_AGAIN = timedelta(minutes=10)
"""After a run that found nothing new to mail."""

_LOOK = 0.5  # seconds

_WEEKDAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat", "sun")


def read_cron(expression: str) -> CronTrigger:
    """A crontab expression of five fields (weekdays as cron counts them: 0 and 7 are Sunday).

    Raises ConfigError.
    """
    from apscheduler.triggers.cron import CronTrigger  # noqa: PLC0415 - slow to import

    fields = expression.split()
    try:
        if len(fields) != 5:
            raise ValueError("it has five fields: minute hour day month weekday")
        # APScheduler counts weekdays from Monday, cron from Sunday.
        fields[4] = re.sub(r"(?<![\w/])\d(-\d)?(?!\w)", _name_weekdays, fields[4])
        return CronTrigger.from_crontab(" ".join(fields), timezone="UTC")
    except ValueError as error:
        fix = 'such as "0 8 * * *" for eight in the morning'
        raise ConfigError([f"schedule.cron {expression!r} cannot be read: {error}"], fix=fix) from error


def due_at(trigger: CronTrigger, day: date, zone: ZoneInfo) -> datetime | None:
    """When the run of `day` is due; None on a day without one.

    A wall-clock time that the day skips (clocks going forward) is due as if they had not; one that
    it has twice is due the first time.
    """
    # The trigger thinks in UTC, where every day has each of its hours once.
    midnight = datetime.combine(day, time(), ZoneInfo("UTC"))
    first = trigger.get_next_fire_time(None, midnight)
    if first is None or first.date() != day:
        return None
    return datetime.combine(day, first.time(), zone).astimezone(ZoneInfo("UTC"))


def find_due_day(publisher: Publisher, trigger: CronTrigger) -> date | None:
    """The day whose run is due now and not done; the later where two are."""
    now, day = publisher.clock(), find_latest_day(publisher, trigger)
    if day is None:
        return None
    with publisher.store.read() as tx:
        run = find_run(tx, day)
    due = due_at(trigger, day, publisher.zone)
    return day if due is not None and now - due <= CATCH_UP and _is_open(run, now) else None


def find_latest_day(publisher: Publisher, trigger: CronTrigger) -> date | None:
    """Today or yesterday, the later whose hour has passed."""
    now, today = publisher.clock(), publisher.today()
    for day in (today, today - timedelta(days=1)):
        due = due_at(trigger, day, publisher.zone)
        if due is not None and due <= now:
            return day
    return None


def _is_open(run: Run | None, now: datetime) -> bool:
    if run is None:
        return True
    # Without an outcome its process died, and whoever finds it takes the day over at once.
    return run.finished_at is None and (not run.outcome or now - run.started_at >= TRY_AGAIN)


class Ticker:
    """What one scheduler remembers between its ticks: nothing but to let a closed door be for a while."""

    def __init__(self, publisher: Publisher, trigger: CronTrigger, stop: threading.Event) -> None:
        self._publisher = publisher
        self._trigger = trigger
        self._stop = stop
        self._resume_at: datetime | None = None

    def tick(self) -> None:
        """Does the day's run if it is due, else takes up deliveries that are. What goes wrong is logged."""
        try:
            day = find_due_day(self._publisher, self._trigger)
            if day is not None:
                for report in _run_day(self._publisher, day, self._stop).reports:
                    self._note(report)
            elif self._is_welcome():
                self._resume()
        except NewsletterError as error:
            _log.error("%s", say(error))

    def _resume(self) -> None:
        for report in resume_open(self._publisher, stop=self._stop):
            self._take_note(report)
        day = find_latest_day(self._publisher, self._trigger)
        if day is not None and self._is_welcome() and not self._stop.is_set():
            week = run_weekly(self._publisher, day, stop=self._stop)
            for report in (week, *week.resumed) if week is not None else ():
                self._take_note(report)

    def _take_note(self, report: SendReport) -> None:
        # Tried again every tick while a server is away: what came of it is told once.
        _log.log(logging.INFO if report.did_something else logging.DEBUG, "%s", _tell(report))
        _tell_notes(report)
        self._note(report)

    def _is_welcome(self) -> bool:
        return self._resume_at is None or self._publisher.clock() >= self._resume_at

    def _note(self, report: SendReport) -> None:
        """A refused login is not tried every half minute: servers lock such clients out."""
        if isinstance(report.stopped_by, TransportMisconfigured):
            self._resume_at = self._publisher.clock() + TRY_AGAIN


def run_schedule(publisher: Publisher) -> None:
    """Ticks until SIGTERM or SIGINT; what is in flight then is finished and recorded first.

    Raises ConfigError for a cron expression that cannot be read.
    """
    from apscheduler.schedulers.background import BackgroundScheduler  # noqa: PLC0415

    trigger = read_cron(publisher.config.schedule.cron)
    stop = threading.Event()
    scheduler = BackgroundScheduler(timezone="UTC")
    scheduler.add_job(
        Ticker(publisher, trigger, stop).tick,
        "interval",
        seconds=TICK.total_seconds(),
        next_run_time=datetime.now(ZoneInfo("UTC")),
        coalesce=True,
        max_instances=1,
        misfire_grace_time=None,
    )

    def leave(number: int, _frame: object) -> None:
        _log.info("%s: finishing what is in flight", signal.Signals(number).name)
        stop.set()
        signal.signal(number, signal.SIG_DFL)  # a second one leaves at once

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, leave)
    _log.info("the daily job is due at %s (%s)", publisher.config.schedule.cron, publisher.zone)
    scheduler.start()
    # The system may hand a signal to another thread, which does not wake this one: it looks by itself.
    while not stop.wait(_LOOK):
        pass
    scheduler.shutdown(wait=True)


def _run_day(publisher: Publisher, day: date, stop: threading.Event) -> DayReport:
    with publisher.store.write() as tx:
        before = begin_run(tx, day, now=publisher.clock())
    try:
        both = run_day(publisher.with_current_topics(), SendOptions(), stop=stop, day=day)
    except NewsletterError as error:
        both = DayReport(None, None, (error,))
    report = both.daily
    told = [] if report is None else [_tell(report)]
    outcome = "; ".join([*told, *map(say, both.errors)])
    if outcome != before:  # said once, not at every try
        is_fine = report is not None and report.is_complete and not both.errors
        level = logging.INFO if is_fine else logging.ERROR if both.errors else logging.WARNING
        _log.log(level, "%s", outcome)
    for each in both.reports:
        _tell_notes(each)
    if both.weekly is not None and both.weekly.did_something:
        _log.log(logging.INFO if both.weekly.is_complete else logging.WARNING, "%s", _tell(both.weekly))
    done = report is not None and not report.busy and _is_done(publisher, report, day)
    if not stop.is_set() or done:  # broken off, it is gone on with at once by whoever starts next
        with publisher.store.write() as tx:
            end_run(tx, day, outcome, done=done, now=publisher.clock())
    return both


def _is_done(publisher: Publisher, report: SendReport, day: date) -> bool:
    """Whether an edition went out that day, by this run or by hand before it. Deliveries of yesterday's that
    are done today are none: today's digest may be late."""
    planned_at = report.edition.planned_at
    return planned_at is not None and planned_at.astimezone(publisher.zone).date() >= day


def say(error: NewsletterError) -> str:
    """An error and its fix on one line of a log."""
    return f"{error.message} ({error.fix})" if error.fix else error.message


def _tell(report: SendReport) -> str:
    line = report.as_line()
    return f"{line}; {say(report.stopped_by)}" if report.stopped_by else line


def _tell_notes(report: SendReport) -> None:
    for note in report.notes():
        _log.warning("%s", note)


def _name_weekdays(match: re.Match[str]) -> str:
    first, _, last = match[0].partition("-")
    days = range(int(first), int(last or first) + 1)
    if not days or days.stop > len(_WEEKDAYS):
        raise ValueError(f"{match[0]} is not a range of weekdays 0 to 7")
    return ",".join(_WEEKDAYS[number] for number in days)
