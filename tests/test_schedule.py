"""The daily job once a day, whatever the clock does; caught up after downtime, tried again when late."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult

from newsletter import schedule
from newsletter.config import load_config
from newsletter.daily.job import SendOptions, run_daily, run_day
from newsletter.daily.publisher import Publisher, open_publisher
from newsletter.daily.report import DayReport
from newsletter.errors import ConfigError
from newsletter.model import EditionKind, Preferences
from newsletter.schedule import TRY_AGAIN, Ticker, due_at, find_due_day, read_cron
from newsletter.store.lock import hold_delivery_lock
from newsletter.store.runs import end_run, last_run
from newsletter.store.saving import SubscriberRow, save_subscribers
from tests.running import Postbox, Program, find_free_port, today, write_paper

BERLIN = ZoneInfo("Europe/Berlin")
NEW_YORK = ZoneInfo("America/New_York")


@dataclass
class MovedClock:
    """A publisher whose time a test sets."""

    folder: Path
    zone: str
    cron: str
    now: datetime = field(default_factory=lambda: datetime.now(UTC))
    publisher: Publisher = field(init=False)
    variables: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        variables = {
            "NEWSLETTER_NEWSLETTER__TIMEZONE": self.zone,
            "NEWSLETTER_SCHEDULE__CRON": self.cron,
            **self.variables,
        }
        config = load_config(None, variables, self.folder)
        self.publisher = open_publisher(config, lambda: self.now)
        with self.publisher.store.write() as tx:
            long_ago = datetime(2000, 1, 1, tzinfo=UTC)
            save_subscribers(tx, [SubscriberRow("ann@readers.test")], now=long_ago)
        self.ticker = Ticker(self.publisher, read_cron(self.cron), threading.Event())

    def write_digest(self, day: date) -> None:
        Program(self.folder).write_digest(day, [write_paper(day.toordinal() % 90_000)])

    def tick(self) -> None:
        self.ticker.tick()

    def subscribe_weekly(self) -> None:
        wishes = Preferences(frequency=EditionKind.WEEKLY)
        with self.publisher.store.write() as tx:
            row = SubscriberRow("week@readers.test", preferences=wishes, named=frozenset({"frequency"}))
            save_subscribers(tx, [row], now=self.now)

    @property
    def mails(self) -> list[str]:
        return sorted(path.name.partition(".")[0] for path in (self.folder / "outbox").glob("*.eml"))

    def tick_through(self, start: datetime, end: datetime, step: timedelta = timedelta(minutes=7)) -> None:
        self.now = start
        while self.now < end:
            self.tick()
            self.now += step


@pytest.fixture
def make_clock(tmp_path: Path) -> Iterator[Callable[..., MovedClock]]:
    made: list[MovedClock] = []

    def make(
        zone: str = "Asia/Shanghai", cron: str = "0 8 * * *", variables: dict[str, str] | None = None
    ) -> MovedClock:
        made.append(MovedClock(tmp_path, zone, cron, variables=variables or {}))
        return made[-1]

    yield make
    for clock in made:
        clock.publisher.close()


@pytest.mark.parametrize(
    ("zone", "cron", "start", "days"),
    [
        ("Asia/Shanghai", "0 8 * * *", date(2025, 9, 24), 3),
        ("Europe/Berlin", "30 2 * * *", date(2025, 3, 29), 3),  # 02:30 does not exist on the 30th
        ("Europe/Berlin", "30 2 * * *", date(2025, 10, 25), 3),  # 02:30 comes twice on the 26th
        ("America/Havana", "15 0 * * *", date(2025, 3, 8), 3),  # midnight does not exist on the 9th
        ("Pacific/Apia", "0 8 * * *", date(2011, 12, 28), 3),  # the 30th does not exist
        ("Australia/Lord_Howe", "45 1 * * *", date(2025, 4, 5), 3),  # half an hour comes twice on the 6th
    ],
)
def test_each_day_has_one_run_whatever_the_clocks_do(
    make_clock: Callable[..., MovedClock], zone: str, cron: str, start: date, days: int
) -> None:
    clock = make_clock(zone, cron)
    local = ZoneInfo(zone)
    expected = []
    for offset in range(days):
        day = start + timedelta(days=offset)
        clock.write_digest(day)
        noon = datetime(day.year, day.month, day.day, 12, tzinfo=local).astimezone(UTC)
        if noon.astimezone(local).date() != day:
            continue  # a day that the zone skips
        expected.append(day.isoformat())
        clock.tick_through(noon - timedelta(hours=12), noon)
    assert clock.mails == expected


def test_nothing_happens_before_the_hour(make_clock: Callable[..., MovedClock]) -> None:
    clock = make_clock()
    clock.write_digest(date(2025, 9, 23))
    clock.now = datetime(2025, 9, 23, 0, 0, tzinfo=UTC)  # 08:00 in Shanghai
    clock.tick()
    clock.write_digest(date(2025, 9, 24))
    clock.now = datetime(2025, 9, 23, 23, 59, tzinfo=UTC)
    clock.tick()
    assert clock.mails == ["2025-09-23"]
    clock.now += timedelta(minutes=1)
    clock.tick()
    assert clock.mails == ["2025-09-23", "2025-09-24"]


def test_a_run_missed_while_the_machine_was_off_is_caught_up(make_clock: Callable[..., MovedClock]) -> None:
    clock = make_clock()
    clock.write_digest(date(2025, 9, 24))
    clock.now = datetime(2025, 9, 24, 17, tzinfo=UTC)  # 01:00 of the next day in Shanghai
    clock.tick()
    assert clock.mails == ["2025-09-24"]


def test_days_missed_are_taken_into_the_feeds_and_only_the_latest_is_mailed(
    make_clock: Callable[..., MovedClock],
) -> None:
    clock = make_clock()
    for day in (22, 23, 24):
        clock.write_digest(date(2025, 9, day))
    clock.now = datetime(2025, 9, 24, 1, tzinfo=UTC)
    clock.tick()
    assert clock.mails == ["2025-09-24"]
    editions = sorted(path.name for path in (clock.folder / "public" / "editions").iterdir())
    assert editions == ["2025-09-22", "2025-09-23", "2025-09-24"]


def test_a_late_digest_is_mailed_when_it_comes(make_clock: Callable[..., MovedClock]) -> None:
    clock = make_clock()
    start = datetime(2025, 9, 24, 0, tzinfo=UTC)  # 08:00 in Shanghai
    clock.write_digest(date(2025, 9, 23))
    clock.tick_through(start - timedelta(days=1), start - timedelta(hours=23))
    assert clock.mails == ["2025-09-23"]
    clock.tick_through(start, start + timedelta(hours=2))
    assert clock.mails == ["2025-09-23"]
    clock.write_digest(date(2025, 9, 24))
    clock.tick_through(start + timedelta(hours=2), start + timedelta(hours=3))
    assert clock.mails == ["2025-09-23", "2025-09-24"]


def test_a_schedule_that_runs_for_days_follows_keywords_toml(make_clock: Callable[..., MovedClock]) -> None:
    clock = make_clock()
    day = date(2025, 9, 24)
    clock.write_digest(day)
    (clock.folder / "keywords.toml").write_text('"新组" = [')
    clock.now = datetime(2025, 9, 24, 0, 30, tzinfo=UTC)
    clock.tick()
    assert not clock.mails
    (clock.folder / "keywords.toml").write_text('"新组" = ["大模型", "强化学习"]')
    clock.now += timedelta(minutes=11)
    clock.tick()
    assert clock.mails == [day.isoformat()]
    page = clock.folder / "public" / "editions" / day.isoformat() / "index.html"
    assert "新组" in page.read_text(encoding="utf-8")


def test_a_day_whose_process_died_is_taken_over_at_once(make_clock: Callable[..., MovedClock]) -> None:
    from newsletter.store.runs import begin_run

    clock = make_clock()
    clock.now = datetime(2025, 9, 24, 1, tzinfo=UTC)
    with clock.publisher.store.write() as tx:
        begin_run(tx, date(2025, 9, 24), now=clock.now)
    assert find_due_day(clock.publisher, read_cron(clock.cron)) == date(2025, 9, 24)


def test_a_clock_set_back_mails_nobody_twice(make_clock: Callable[..., MovedClock]) -> None:
    clock = make_clock()
    clock.write_digest(date(2025, 9, 24))
    clock.now = datetime(2025, 9, 24, 0, 5, tzinfo=UTC)
    clock.tick()
    before = [path.stat().st_mtime_ns for path in (clock.folder / "outbox").iterdir()]
    clock.now -= timedelta(hours=1)
    clock.tick()
    clock.now += timedelta(hours=2)
    clock.tick()
    assert [path.stat().st_mtime_ns for path in (clock.folder / "outbox").iterdir()] == before


def test_a_day_whose_edition_was_sent_by_hand_is_done(
    make_clock: Callable[..., MovedClock], monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = make_clock()
    clock.write_digest(date(2025, 9, 24))
    clock.now = datetime(2025, 9, 24, 7, tzinfo=ZoneInfo("Asia/Shanghai"))
    run_daily(clock.publisher, SendOptions(), stop=threading.Event())
    runs = []

    def count(*told: Any, **more: Any) -> DayReport:
        runs.append(told)
        return run_day(*told, **more)

    monkeypatch.setattr(schedule, "run_day", count)
    clock.tick_through(clock.now, clock.now + timedelta(hours=5))
    assert len(runs) == 2, "for yesterday, and for today: once each"
    assert len(clock.mails) == 1


def test_a_late_digest_is_mailed_although_something_of_yesterdays_went_out_today(
    make_clock: Callable[..., MovedClock],
) -> None:
    clock = make_clock()
    clock.write_digest(date(2025, 9, 24))
    clock.now = datetime(2025, 9, 24, 9, tzinfo=ZoneInfo("Asia/Shanghai"))
    clock.tick()
    with clock.publisher.store.write() as tx:  # as if it had been put off
        tx.exec_driver_sql("UPDATE delivery SET state = 'pending', retry_at = '2025-09-25 00:00:00.000000'")
        tx.exec_driver_sql("UPDATE edition_batch SET state = 'open'")
    clock.now = datetime(2025, 9, 25, 8, 1, tzinfo=ZoneInfo("Asia/Shanghai"))
    clock.tick()
    with clock.publisher.store.read() as tx:
        assert tx.exec_driver_sql("SELECT state FROM delivery").scalars().all() == ["submitted"]
    clock.write_digest(date(2025, 9, 25))
    clock.tick_through(clock.now, clock.now + timedelta(hours=1))
    assert clock.mails == ["2025-09-24", "2025-09-25"]


def test_a_day_that_is_done_stays_done_for_a_second_scheduler(
    make_clock: Callable[..., MovedClock],
) -> None:
    clock = make_clock()
    clock.write_digest(date(2025, 9, 24))
    clock.now = datetime(2025, 9, 24, 9, tzinfo=ZoneInfo("Asia/Shanghai"))
    with hold_delivery_lock(clock.publisher.store):
        clock.tick()
        with clock.publisher.store.write() as tx:  # the other process ends its run meanwhile
            end_run(tx, date(2025, 9, 24), "edition 2025-09-24: all submitted", done=True, now=clock.now)
        clock.now += TRY_AGAIN
        clock.tick()
    with clock.publisher.store.read() as tx:
        assert (run := last_run(tx)) is not None
        assert run.finished_at is not None
        assert run.outcome.endswith("all submitted")


def test_a_refused_login_is_not_tried_at_every_tick(make_clock: Callable[..., MovedClock]) -> None:
    logins = []

    def refuse(*told: object) -> AuthResult:
        logins.append(told)
        return AuthResult(success=False, handled=False)

    port = find_free_port()
    server = Controller(
        Postbox(), hostname="127.0.0.1", port=port, authenticator=refuse, auth_require_tls=False
    )
    server.start()
    try:
        clock = make_clock(
            variables={
                "NEWSLETTER_NEWSLETTER__BASE_URL": "https://papers.test/",
                "NEWSLETTER_SENDER__ADDRESS": "digest@papers.test",
                "NEWSLETTER_TRANSPORT__KIND": "smtp",
                "NEWSLETTER_TRANSPORT__SMTP__HOST": "127.0.0.1",
                "NEWSLETTER_TRANSPORT__SMTP__PORT": str(port),
                "NEWSLETTER_TRANSPORT__SMTP__SECURITY": "none",
                "NEWSLETTER_TRANSPORT__SMTP__USERNAME": "digest",
                "NEWSLETTER_TRANSPORT__SMTP__PASSWORD": "wrong",
            }
        )
        clock.write_digest(date(2025, 9, 24))
        clock.now = datetime(2025, 9, 24, 9, tzinfo=ZoneInfo("Asia/Shanghai"))
        clock.tick_through(clock.now, clock.now + timedelta(minutes=25), timedelta(seconds=30))
    finally:
        server.stop()
    assert 2 <= len(logins) <= 8, "fifty ticks, and two ways to log in"


def test_a_failed_run_is_told_in_the_store_and_never_ends_the_schedule(
    make_clock: Callable[..., MovedClock], caplog: pytest.LogCaptureFixture
) -> None:
    clock = make_clock()
    clock.now = datetime(2025, 9, 24, 1, tzinfo=UTC)
    clock.tick()
    clock.now += timedelta(minutes=15)
    clock.tick()
    with clock.publisher.store.read() as tx:
        run = last_run(tx)
    assert run is not None
    assert run.outcome
    assert len([record for record in caplog.records if record.name == "newsletter.schedule"]) == 1


SUNDAY = date(2025, 9, 28)


def at(day: date, hour: int) -> datetime:
    return datetime(day.year, day.month, day.day, hour, tzinfo=ZoneInfo("Asia/Shanghai"))


def test_the_week_goes_out_with_the_run_of_its_last_day(make_clock: Callable[..., MovedClock]) -> None:
    clock = make_clock()
    clock.subscribe_weekly()
    for back in (1, 0):
        clock.write_digest(SUNDAY - timedelta(days=back))
        clock.tick_through(at(SUNDAY - timedelta(days=back), 6), at(SUNDAY - timedelta(days=back), 10))
    assert clock.mails == ["2025-09-27", "2025-09-28", "2025-W39"]
    before = [path.stat().st_mtime_ns for path in (clock.folder / "outbox").iterdir()]
    clock.tick_through(at(SUNDAY, 10), at(SUNDAY + timedelta(days=1), 10))
    assert [path.stat().st_mtime_ns for path in (clock.folder / "outbox").iterdir()] == before


def test_a_week_whose_last_digest_is_missing_waits_for_the_hour_of_the_next_day(
    make_clock: Callable[..., MovedClock],
) -> None:
    clock = make_clock()
    clock.subscribe_weekly()
    saturday, monday = SUNDAY - timedelta(days=1), SUNDAY + timedelta(days=1)
    clock.write_digest(saturday)
    clock.tick_through(at(saturday, 8), at(saturday, 9))
    clock.tick_through(at(SUNDAY, 8), at(monday, 8))
    assert clock.mails == ["2025-09-27"], "no mail at midnight: the digest may still come"
    clock.tick_through(at(monday, 8), at(monday, 9))
    assert clock.mails == ["2025-09-27", "2025-W39"]


def test_a_week_that_was_broken_off_is_taken_up_between_the_runs(
    make_clock: Callable[..., MovedClock], monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = make_clock()
    clock.subscribe_weekly()
    clock.write_digest(SUNDAY)
    clock.now = at(SUNDAY, 9)
    with monkeypatch.context() as patch:
        patch.setattr("newsletter.daily.job.run_weekly", lambda *_told, **_more: None)
        clock.tick()
    assert clock.mails == ["2025-09-28"]
    clock.now += timedelta(seconds=30)
    clock.tick()
    assert clock.mails == ["2025-09-28", "2025-W39"]


def test_a_week_is_caught_up_when_the_machine_was_off(make_clock: Callable[..., MovedClock]) -> None:
    clock = make_clock()
    clock.subscribe_weekly()
    for back in range(4):
        clock.write_digest(SUNDAY - timedelta(days=back))
    wednesday = SUNDAY + timedelta(days=3)
    clock.write_digest(wednesday)
    clock.now = at(wednesday, 17)
    clock.tick()
    assert clock.mails == ["2025-10-01", "2025-W39"]


@pytest.mark.parametrize(
    ("expression", "days"),
    [
        ("0 8 * * 1-5", "mon tue wed thu fri"),
        ("0 8 * * 0", "sun"),
        ("0 8 * * 7", "sun"),
        ("0 8 * * sat,sun", "sat sun"),
        ("0 8 * * 5-7", "fri sat sun"),
        ("0 8 1 * *", ""),
    ],
)
def test_weekdays_are_counted_as_cron_counts_them(expression: str, days: str) -> None:
    monday = date(2025, 9, 22)
    trigger = read_cron(expression)
    names = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
    due = [name for offset, name in enumerate(names) if due_at(trigger, monday + timedelta(offset), BERLIN)]
    assert " ".join(due) == days


def test_the_hour_is_that_of_the_newsletters_zone() -> None:
    trigger = read_cron("30 7 * * *")
    assert due_at(trigger, date(2025, 1, 15), NEW_YORK) == datetime(2025, 1, 15, 12, 30, tzinfo=UTC)
    assert due_at(trigger, date(2025, 7, 15), NEW_YORK) == datetime(2025, 7, 15, 11, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    "expression", ["", "8", "0 8 * *", "61 8 * * *", "0 8 * * 9", "0 8 * * noday", "a b c d e"]
)
def test_an_expression_that_cannot_be_read_is_an_error_with_an_example(expression: str) -> None:
    with pytest.raises(ConfigError, match=r"schedule\.cron") as caught:
        read_cron(expression)
    assert "0 8 * * *" in caught.value.fix


def test_the_command_runs_the_job_and_sigterm_ends_it(tmp_path: Path) -> None:
    program = Program(tmp_path)
    program.write_digest(today(), [write_paper(1)])
    program.configure(schedule__cron="0 0 * * *")
    program.subscribe("ann@readers.test")
    process = program.start("schedule")
    deadline = time.monotonic() + 60
    while not list((tmp_path / "outbox").glob("*.eml")) and time.monotonic() < deadline:
        time.sleep(0.05)
    process.send_signal(signal.SIGTERM)
    _, err = process.communicate(timeout=20)
    assert process.returncode == 0, err.decode()
    assert "1 submitted" in err.decode()
    assert b"Traceback" not in err
