"""The groups of the vocabulary as the last publication had them: `serve` outlives many a keywords.toml."""

from __future__ import annotations

import logging
from threading import Lock

from newsletter.daily.publisher import Publisher
from newsletter.errors import ConfigError
from newsletter.keywords import Topics
from newsletter.store import Transaction
from newsletter.store.settings import find_topics_fingerprint

_log = logging.getLogger(__name__)


class TopicsShelf:
    """Holds the groups; threads share it."""

    def __init__(self, publisher: Publisher) -> None:
        self._publisher = publisher
        self._seen = publisher.topics.fingerprint
        self._lock = Lock()

    def take(self, tx: Transaction) -> Topics:
        """Those that `tx` sees the papers under: read anew once after each publication with others.

        A keywords.toml that cannot be read leaves the former ones, and is logged.
        """
        published = find_topics_fingerprint(tx)
        with self._lock:
            if published not in ("", self._seen):
                self._seen = published
                try:
                    self._publisher = self._publisher.with_current_topics()
                except ConfigError as error:
                    _log.error("%s", error)
            return self._publisher.topics
