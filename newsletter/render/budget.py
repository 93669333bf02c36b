"""How much of each paper a mail shows, so that Gmail does not clip it.

Gmail cuts a message at about 102 KB and hides all that follows, the unsubscribe link too. Whether
it counts raw or encoded bytes is not known, so the encoded ones count here: whole lines of base64,
head and foot included. Pure arithmetic; what a line is stands in `fragments`.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import IntEnum
from itertools import accumulate

BUDGET = 102_400
"""Bytes that the base64-encoded HTML part stays under."""


class Rung(IntEnum):
    """How much of a paper is shown, from least to most."""

    TITLE = 0
    TITLE_KEYWORDS = 1
    ONE_LINE = 2
    RESULTS = 3
    FULL = 4


def choose_rungs(costs: Sequence[Sequence[int]], room: int, more: int) -> list[Rung]:
    """A rung for each paper shown, in rank order; papers beyond the list's end are left out.

    `costs[paper][rung]` are lines, `room` the lines there are, `more` those of the sentence that
    says how many papers were left out. First as many papers as fit get the lowest rung. Then rung
    by rung every paper is raised in rank order; one that does not fit is passed over.
    """
    full = Rung.FULL
    if sum([cost[full] for cost in costs]) <= room:
        return [full] * len(costs)
    shown = _count_shown([cost[Rung.TITLE] for cost in costs], room, more)
    rungs = [Rung.TITLE] * shown
    room -= sum(cost[Rung.TITLE] for cost in costs[:shown]) + (more if shown < len(costs) else 0)
    for rung in list(Rung)[1:]:
        for position, cost in enumerate(costs[:shown]):
            extra = cost[rung] - cost[rungs[position]]
            if extra <= room:
                rungs[position] = rung
                room -= extra
    return rungs


def _count_shown(costs: Sequence[int], room: int, more: int) -> int:
    """How many papers from the first fit at these costs: all, or some with the sentence after them."""
    if sum(costs) <= room:
        return len(costs)
    return max(0, sum(used <= room for used in accumulate(costs, initial=more)) - 1)
