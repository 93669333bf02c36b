"""`newsletter status --watch`: the same figures on a terminal, as they move."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING

from rich.console import Group
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from newsletter.daily.status import Status
    from newsletter.model import DeliveryCounts

_EVERY = 1.0  # seconds
_BAR = 24


def watch_status(read: Callable[[], Status]) -> None:
    """Until Ctrl-C."""
    before: tuple[float, int] | None = None
    with suppress(KeyboardInterrupt), Live(auto_refresh=False) as live:
        while True:
            current, now = read(), time.monotonic()
            settled = sum(_settled(counts) for _, counts in current.editions)
            pace = (settled - before[1]) / (now - before[0]) if before else 0.0
            live.update(draw_status(current, pace), refresh=True)
            before = now, settled
            time.sleep(_EVERY)


def draw_status(status: Status, pace: float) -> Group:
    """A table of the editions with a bar each; `pace` is in deliveries a second."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("edition")
    for name in ("planned", "submitted", "failed", "skipped", "unknown", "pending"):
        table.add_column(name, justify="right")
    table.add_column("")
    for facts, counts in status.editions:
        figures = (counts.planned, counts.submitted, counts.failed, counts.skipped, counts.unknown)
        cells = [Text(f"{figure:,}") for figure in (*figures, counts.pending)]
        cells[2].stylize("red" if counts.failed else "dim")
        cells[4].stylize("yellow" if counts.unknown else "dim")
        state = "paused" if facts.paused_at else "cancelled" if facts.cancelled_at else ""
        total = counts.planned or 1
        bar = ProgressBar(total=total, completed=_settled(counts), width=_BAR)
        table.add_row(facts.name, *cells, state or (bar if facts.planned_at else "not mailed"))
    lines = [Text(line) for line in status.summary_lines()]
    moving = Text(f"{pace:,.0f} deliveries a second" if pace else "nothing moves", style="dim")
    return Group(*lines, Text(""), table, Text(""), moving)


def _settled(counts: DeliveryCounts) -> int:
    return counts.planned - counts.pending
