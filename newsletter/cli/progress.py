"""Long work on a terminal: a count that moves, and SIGTERM that ends it well."""

from __future__ import annotations

import logging
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

_log = logging.getLogger(__name__)
_LOG_EVERY = 10.0  # seconds


@contextmanager
def stopping() -> Iterator[threading.Event]:
    """Set by SIGTERM and SIGINT: the run finishes what is in flight, records it and leaves.

    A second signal leaves at once.
    """
    stop = threading.Event()

    def leave(number: int, _frame: object) -> None:
        stop.set()
        signal.signal(number, signal.SIG_DFL)

    before = {number: signal.signal(number, leave) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def shown_progress() -> Iterator[Callable[[int], None]]:
    """Called with the number of deliveries just answered: a moving count on a terminal, else log lines."""
    if sys.stderr.isatty():
        from rich.console import Console
        from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

        columns = SpinnerColumn(), TextColumn("{task.completed:.0f} mails"), TimeElapsedColumn()
        with Progress(*columns, console=Console(stderr=True), transient=True) as display:
            task = display.add_task("", total=None)
            yield lambda count: display.advance(task, count)
    else:
        yield _Logged().count


class _Logged:
    def __init__(self) -> None:
        self._total = 0
        self._logged_at = time.monotonic()

    def count(self, answered: int) -> None:
        self._total += answered
        if time.monotonic() - self._logged_at >= _LOG_EVERY:
            self._logged_at = time.monotonic()
            _log.warning("%d mails answered so far", self._total)
