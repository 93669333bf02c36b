"""The arithmetic of rungs, without any mail."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from newsletter.render.budget import Rung, choose_rungs

_COSTS = st.lists(st.lists(st.integers(1, 80), min_size=5, max_size=5).map(sorted), max_size=280)


def _total(costs: list[list[int]], rungs: list[Rung]) -> int:
    return sum(cost[rung] for cost, rung in zip(costs, rungs, strict=False))


@given(costs=_COSTS, room=st.integers(-5, 1400), more=st.integers(1, 6))
def test_the_papers_shown_never_exceed_the_room(costs: list[list[int]], room: int, more: int) -> None:
    rungs = choose_rungs(costs, room, more)
    left_out = len(costs) - len(rungs)
    assert _total(costs, rungs) + (more if left_out else 0) <= max(room, more if left_out else 0)


@given(costs=_COSTS, room=st.integers(0, 1400), more=st.integers(1, 6))
def test_no_paper_is_left_out_while_all_titles_fit(costs: list[list[int]], room: int, more: int) -> None:
    fits = sum(cost[Rung.TITLE] for cost in costs) <= room
    assert (len(choose_rungs(costs, room, more)) == len(costs)) is fits


@given(costs=_COSTS, room=st.integers(0, 1400))
def test_no_raise_that_would_fit_is_left_undone(costs: list[list[int]], room: int) -> None:
    rungs = choose_rungs(costs, room, more=3)
    spare = room - _total(costs, rungs) - (3 if len(rungs) < len(costs) else 0)
    for cost, rung in zip(costs, rungs, strict=False):
        higher = [cost[better] - cost[rung] for better in Rung if better > rung]
        assert all(extra > spare for extra in higher)


def test_all_papers_reach_a_rung_before_the_first_goes_beyond_it() -> None:
    costs = [[4, 6, 16, 20, 50]] * 10
    assert choose_rungs(costs, room=10 * 20 + 31, more=3) == [Rung.FULL, *[Rung.RESULTS] * 9]


def test_a_paper_that_does_not_fit_is_passed_over_for_the_next_one() -> None:
    costs = [[4, 6, 16, 20, 90], [4, 6, 16, 20, 30]]
    assert choose_rungs(costs, room=55, more=3) == [Rung.RESULTS, Rung.FULL]


def test_everything_is_shown_in_full_where_there_is_room() -> None:
    assert choose_rungs([[4, 6, 16, 20, 50]] * 3, room=150, more=3) == [Rung.FULL] * 3
