"""The weeks of a chart."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from newsletter.render.chart import MOST_WEEKS, count_weeks, make_chart
from newsletter.render.words import load_words

EN = load_words("en")
MONDAY = date(2025, 9, 22)
WEEK = timedelta(weeks=1)
_DAYS = st.lists(st.dates(date(2024, 1, 1), date(2026, 1, 1)), min_size=1, max_size=60)


@given(_DAYS)
def test_every_week_of_the_chart_stands_in_it_once(days: list[date]) -> None:
    mondays = list(count_weeks(days))
    assert all(later - earlier == WEEK for earlier, later in pairwise(mondays))
    assert all(monday.isoweekday() == 1 for monday in mondays)
    assert 1 <= len(mondays) <= MOST_WEEKS
    assert mondays[-1] <= max(days) < mondays[-1] + WEEK


@given(_DAYS)
def test_every_paper_since_the_first_week_is_counted(days: list[date]) -> None:
    counts = count_weeks(days)
    assert sum(counts.values()) == sum(day >= min(counts) for day in days)
    assert len(counts) == MOST_WEEKS or sum(counts.values()) == len(days)


def test_a_chart_needs_two_weeks_with_papers() -> None:
    assert make_chart([], EN) is None
    assert make_chart([MONDAY, MONDAY + timedelta(days=6)], EN) is None
    assert make_chart([MONDAY, MONDAY - WEEK * MOST_WEEKS], EN) is None, "the other lies before the chart"
    assert make_chart([MONDAY, MONDAY - WEEK * (MOST_WEEKS - 1)], EN) is not None


def test_a_chart_names_its_weeks_and_its_peak() -> None:
    chart = make_chart([MONDAY, MONDAY, MONDAY - timedelta(days=1)], EN)
    assert chart is not None
    assert chart.peak == 2
    assert chart.period.replace("\u2009", " ") == "Sep 15 – 28, 2025"
    assert [week.papers for week in chart.weeks] == [1, 2]
