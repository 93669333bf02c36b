"""When a failed attempt is made again, and after how long."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.digests.retries import choose_wait
from newsletter.retry_after import read_retry_after

NOW = datetime(2025, 9, 24, 8, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("0", 0),
        (" 30 ", 30),
        ("Wed, 24 Sep 2025 08:00:20 GMT", 20),
        ("Wed, 24 Sep 2025 08:00:20 -0000", 20),
        ("Wed, 24 Sep 2025 07:00:00 GMT", 0),
        ("", None),
        ("soon", None),
        ("-5", None),
        ("٣", None),
        ("Wed, 99 Sep 2025 08:00:20 GMT", None),
    ],
)
def test_a_server_says_when_to_come_back_in_seconds_or_as_a_date(value: str, seconds: float | None) -> None:
    assert read_retry_after(value, NOW) == seconds


@given(st.text(max_size=40))
def test_any_text_may_stand_in_that_header(value: str) -> None:
    seconds = read_retry_after(value, NOW)
    assert seconds is None or seconds >= 0


def test_waits_double_and_a_half_of_each_is_luck() -> None:
    facts = {"backoff": 1.0, "asked": None, "longest": 30.0}
    assert [choose_wait(number, **facts, luck=0.0) for number in (1, 2, 3)] == [0.5, 1.0, 2.0]  # type: ignore[arg-type]
    assert [choose_wait(number, **facts, luck=1.0) for number in (1, 2, 9)] == [1.0, 2.0, 30.0]  # type: ignore[arg-type]


def test_a_server_is_left_alone_as_long_as_it_asks_for_and_no_longer_than_is_worth_it() -> None:
    assert choose_wait(1, backoff=1.0, asked=20.0, longest=30.0, luck=0.5) == 20.0
    assert choose_wait(3, backoff=1.0, asked=0.0, longest=30.0, luck=1.0) == 4.0
    assert choose_wait(1, backoff=1.0, asked=31.0, longest=30.0, luck=0.5) is None
