"""How long readers may keep a feed: until the next daily run, for nothing changes before."""

from __future__ import annotations

import time
from datetime import timedelta

from newsletter.daily.publisher import Publisher
from newsletter.schedule import due_at, find_due_day, read_cron

_WHILE_DUE = 300
"""Seconds: while a run is due and not done, its papers may come at any moment."""
_LEAST, _MOST = 60, 86_400
_REMEMBERED = 30.0  # seconds: a busy feed asks the store no more often


class Lifetime:
    """Says `max-age`. Raises ConfigError for a cron expression that cannot be read."""

    def __init__(self, publisher: Publisher) -> None:
        self._publisher = publisher
        self._trigger = read_cron(publisher.config.schedule.cron)
        self._known = _WHILE_DUE
        self._known_until = 0.0

    def seconds(self) -> int:
        """Raises StoreError."""
        if time.monotonic() >= self._known_until:
            self._known = self._ask()
            self._known_until = time.monotonic() + _REMEMBERED
        return self._known

    def _ask(self) -> int:
        publisher = self._publisher
        if find_due_day(publisher, self._trigger) is not None:
            return _WHILE_DUE
        now, today = publisher.clock(), publisher.today()
        for days in range(3):
            due = due_at(self._trigger, today + timedelta(days=days), publisher.zone)
            if due is not None and due > now:
                return min(max(int((due - now).total_seconds()), _LEAST), _MOST)
        return _MOST
