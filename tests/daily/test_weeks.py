"""Which weeks are due, and what their readers get in them, whatever comes late, is corrected or is missed."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from newsletter.config import load_config
from newsletter.config.sections import WEEKDAYS
from newsletter.daily.publisher import Publisher, open_publisher
from newsletter.daily.read import store_digests
from newsletter.daily.weeks import find_due_weeks, find_week_of, list_due, list_ended, make_weeks
from newsletter.keywords import Group, Topics, make_choice, select_papers
from newsletter.model import Digest, EditionKind, Preferences, edition_name
from newsletter.store import Transaction
from newsletter.store.batches import Reoffer
from newsletter.store.editions import EditionFacts, list_editions, load_edition
from newsletter.store.papers import load_papers_of
from newsletter.store.planning import plan_edition
from newsletter.store.uses import list_keyword_uses, recount_uses
from newsletter.store.vocabulary import load_vocabulary
from newsletter.store.weeks import list_week_ends
from tests.builders import make_paper

SUNDAY = date(2025, 9, 28)  # of week 39
DAY = timedelta(days=1)
WEEK = timedelta(weeks=1)
NOON = datetime(2025, 9, 28, 12, tzinfo=UTC)


def ended(
    today: date, *, last_end: date | None = None, has_today: bool = False, closes: str = "sunday"
) -> str:
    ends = list_ended(closes, today, last_end=last_end, has_today=has_today)
    return " ".join(edition_name(EditionKind.WEEKLY, end) for end in ends)


def test_a_week_is_over_with_its_last_digest_or_on_the_next_day() -> None:
    last = SUNDAY - WEEK
    assert ended(SUNDAY - DAY, last_end=last, has_today=True) == ""
    assert ended(SUNDAY, last_end=last) == ""
    assert ended(SUNDAY, last_end=last, has_today=True) == "2025-W39"
    assert ended(SUNDAY + DAY, last_end=last) == "2025-W39"
    assert ended(SUNDAY + DAY, last_end=SUNDAY) == ""


def test_the_first_run_makes_the_latest_week_and_none_before_it() -> None:
    assert ended(SUNDAY) == "2025-W38"
    assert ended(SUNDAY + 3 * DAY) == "2025-W39"


def test_after_an_outage_every_week_is_made_in_its_order() -> None:
    assert ended(SUNDAY + 3 * WEEK + DAY, last_end=SUNDAY) == "2025-W40 2025-W41 2025-W42"


def test_a_clock_set_back_makes_no_week() -> None:
    assert ended(SUNDAY - 3 * WEEK, last_end=SUNDAY, has_today=True) == ""


def test_the_year_ends_within_a_week() -> None:
    assert ended(date(2026, 1, 1), last_end=date(2025, 12, 24), closes="wednesday") == "2026-W01"
    assert ended(date(2027, 1, 4), last_end=date(2026, 12, 27)) == "2026-W53"


@given(
    today=st.dates(date(2024, 12, 20), date(2027, 1, 20)),
    last_end=st.dates(date(2024, 12, 1), date(2027, 1, 20)),
    closes=st.sampled_from(WEEKDAYS),
    has_today=st.booleans(),
)
def test_there_is_one_week_an_iso_week_whatever_the_closing_day_becomes(
    today: date, last_end: date, closes: str, has_today: bool
) -> None:
    ends = list_ended(closes, today, last_end=last_end, has_today=has_today)
    names = [edition_name(EditionKind.WEEKLY, end) for end in (last_end, *ends)]
    assert len(set(names)) == len(names)
    assert all(last_end < end <= today and WEEKDAYS[end.weekday()] == closes for end in ends)
    assert all(later - earlier == WEEK for earlier, later in pairwise(ends))
    if ends:
        assert 1 <= (ends[0] - last_end).days <= 13
        assert ends[-1] < today or has_today
    due = list_ended(closes, today, last_end=ends[-1] if ends else last_end, has_today=has_today)
    assert due == [], "what is made is made"


def test_a_day_belongs_to_the_week_that_holds_it_or_will() -> None:
    ends = [SUNDAY]
    assert find_week_of(SUNDAY - 2 * DAY, "sunday", ends) == SUNDAY
    assert find_week_of(SUNDAY + DAY, "sunday", ends) == SUNDAY + WEEK
    assert find_week_of(SUNDAY - WEEK, "sunday", ends) == SUNDAY - WEEK
    assert find_week_of(SUNDAY + DAY, "friday", []) == SUNDAY + 5 * DAY
    assert find_week_of(SUNDAY, "friday", []) == SUNDAY + 5 * DAY
    monday = SUNDAY - 6 * DAY
    assert find_week_of(monday + DAY, "sunday", [monday]) == SUNDAY + WEEK, "its week was closed early"


def week(
    number: int, end: date, planned_at: datetime | None = None, *, cancelled: bool = False
) -> EditionFacts:
    stopped = NOON if cancelled else None
    return EditionFacts(number, EditionKind.WEEKLY, end, 1, NOON, NOON, planned_at, None, stopped, 5)


def test_what_nobody_was_mailed_is_due_until_it_is_too_old() -> None:
    weeks = [week(3, SUNDAY), week(2, SUNDAY - WEEK), week(1, SUNDAY - 2 * WEEK)]
    assert [each.id for each in list_due(weeks, SUNDAY + 3 * DAY, max_age=10 * DAY)] == [2, 3]
    assert [each.id for each in list_due(weeks, SUNDAY + 4 * DAY, max_age=10 * DAY)] == [3]
    assert list_due(weeks, SUNDAY + 11 * DAY, max_age=10 * DAY) == []
    assert [each.id for each in list_due(weeks, SUNDAY + 30 * DAY, max_age=10 * DAY, forced=True)] == [3]


def test_what_was_mailed_is_due_while_it_is_open_or_asked_for() -> None:
    weeks = [week(3, SUNDAY, NOON), week(2, SUNDAY - WEEK, NOON), week(1, SUNDAY, cancelled=True)]
    assert list_due(weeks, SUNDAY, max_age=10 * DAY) == []
    assert [each.id for each in list_due(weeks, SUNDAY, max_age=10 * DAY, is_open={2})] == [2]
    assert [each.id for each in list_due(weeks, SUNDAY, max_age=10 * DAY, asked=True)] == [3]


# --- Some weeks as they may go ---------------------------------------------------------------------

START = date(2025, 9, 1)
WORDS = ("RL", "深度强化学习", "扩散模型", "图像")
CHOICES = (None, ("强化学习",), ("扩散模型",), ("RL", "图像"), ("没有的",))
GROUPS = (Group("强化学习", ("RL",)), Group("模型", ("扩散模型",)), Group("图像", ()))
TOPICS = Topics(GROUPS)


@dataclass(frozen=True)
class Happening:
    """A day: its papers by number with their words, when its digest comes, which older day is corrected to
    what, whether the program runs, and on which day weeks close from now on."""

    papers: dict[int, frozenset[str]]
    late: int
    corrected: tuple[int, dict[int, frozenset[str]]] | None
    runs: bool
    closes: str | None


some_papers = st.dictionaries(
    st.integers(0, 25), st.frozensets(st.sampled_from(WORDS)), min_size=1, max_size=4
)
some_days = st.lists(
    st.builds(
        Happening,
        papers=some_papers,
        late=st.sampled_from((0, 0, 0, 0, 1, 2, 5)),
        corrected=st.none() | st.tuples(st.integers(1, 7), some_papers),
        runs=st.sampled_from((True, True, True, True, False)),
        closes=st.sampled_from((None,) * 12 + WEEKDAYS),
    ),
    min_size=21,
    max_size=35,
)


@dataclass
class Course:
    """Lets the days happen and notes what each choice was mailed."""

    publisher: Publisher
    tx: Transaction
    today: date = START
    mailed: dict[str, list[tuple[str, frozenset[str]]]] = field(default_factory=dict)
    waiting: dict[date, list[Digest]] = field(default_factory=dict)
    in_time: set[str] = field(default_factory=set)

    def now(self) -> datetime:
        return datetime.combine(self.today, time(4), UTC)

    def bring(self, happening: Happening) -> None:
        if happening.closes is not None:
            schedule = dataclasses.replace(self.publisher.config.schedule, week_closes=happening.closes)
            config = dataclasses.replace(self.publisher.config, schedule=schedule)
            self.publisher = dataclasses.replace(self.publisher, config=config)
        self._expect(self.today, happening.papers, happening.late)
        if happening.corrected is not None:
            back, papers = happening.corrected
            self._expect(self.today - back * DAY, papers, 0)

    def _expect(self, day: date, papers: dict[int, frozenset[str]], late: int) -> None:
        if papers and day >= START:
            written = tuple(make_paper(number, keywords=tuple(sorted(papers[number]))) for number in papers)
            digest = Digest(day, "papers-for", "test", written)
            self.waiting.setdefault(self.today + late * DAY, []).append(digest)

    def run(self) -> None:
        for day in sorted(day for day in self.waiting if day <= self.today):
            for digest in self.waiting.pop(day):
                store_digests(self.tx, self.publisher, [digest])
        if make_weeks(self.tx, self.publisher, self.today):
            self.check_index()
        for due in find_due_weeks(self.tx, self.publisher, self.today, reoffer=Reoffer(everything=True)):
            plan_edition(self.tx, due.id, now=self.now())
            self.mail(due)

    def mail(self, due: EditionFacts) -> None:
        vocabulary = load_vocabulary(self.tx, TOPICS)
        papers = load_edition(self.tx, due, vocabulary).papers
        identities = [paper.paper.identity for paper in papers]
        assert len(set(identities)) == len(identities) == due.papers
        uses = list_keyword_uses(self.tx, vocabulary)
        for words in CHOICES:
            choice = make_choice(Preferences(words), vocabulary)
            mailed = frozenset(paper.paper.identity for paper in select_papers(papers, choice))
            of_feed = set(identities)
            if words is not None:
                slugs = [vocabulary.resolve(word).slug for word in words]
                spellings = {normal for slug in slugs if slug in uses for normal in uses[slug].spellings}
                found = load_papers_of(self.tx, vocabulary, spellings)
                of_feed &= {paper.paper.identity for paper in found}
            assert mailed == of_feed, "a mail holds the papers of its feeds"
            self.mailed.setdefault(str(words), []).append((due.name, mailed))

    def check_index(self) -> None:
        """Pages show what stands in daily editions; weeks add nothing, and change no count."""
        placed = "SELECT paper_id FROM edition_paper JOIN edition ON edition.id = edition_id WHERE kind = ?"
        weekly, daily = (
            set(self.tx.exec_driver_sql(placed, (kind,)).scalars()) for kind in ("weekly", "daily")
        )
        assert weekly <= daily
        counts = "SELECT * FROM keyword_use ORDER BY normal"
        kept = self.tx.exec_driver_sql(counts).all()
        recount_uses(self.tx, self.tx.exec_driver_sql("SELECT normal FROM paper_keyword").scalars().all())
        assert self.tx.exec_driver_sql(counts).all() == kept


@pytest.fixture(scope="module")
def publisher(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Publisher]:
    folder: Path = tmp_path_factory.mktemp("weeks")
    config = load_config(None, {"NEWSLETTER_KEYWORDS__GROUPS": "none"}, folder)
    opened = open_publisher(config, lambda: NOON)
    yield dataclasses.replace(opened, own_groups=GROUPS)
    opened.close()


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(days=some_days)
def test_no_paper_is_mailed_twice_and_none_is_lost(publisher: Publisher, days: list[Happening]) -> None:
    with ExitStack() as stack:
        tx = stack.enter_context(publisher.store.rehearse())
        course = Course(publisher, tx)
        course.publisher = dataclasses.replace(publisher, clock=course.now)
        for happening in days:
            course.bring(happening)
            if happening.runs:
                course.run()
            course.today += DAY
        last_digest = course.today
        while course.today < last_digest + 3 * WEEK:  # what is late comes, and every week ends
            course.run()
            course.today += DAY
        for mails in course.mailed.values():
            papers = [identity for _, mailed in mails for identity in mailed]
            assert len(set(papers)) == len(papers), "a reader gets a paper once"
        check_nothing_lost(course)


def check_nothing_lost(course: Course) -> None:
    ends = list_week_ends(course.tx)
    names = [facts.name for facts in list_editions(course.tx, kind=EditionKind.WEEKLY)]
    assert len(set(names)) == len(names)
    if not ends:
        return
    # Of the days that weeks reach, every paper that still stands was mailed; what came later than a week
    # after its day is no news.
    lost = course.tx.exec_driver_sql(
        "SELECT period_end, identity FROM edition JOIN edition_paper ON edition_id = edition.id "
        "JOIN paper ON paper.id = edition_paper.paper_id "
        "WHERE kind = 'daily' AND period_end BETWEEN ? AND ? "
        "AND paper.id NOT IN (SELECT paper_id FROM week_paper)",
        ((ends[0] - WEEK + DAY).isoformat(), ends[-1].isoformat()),
    ).all()
    assert lost == []
