"""Keywords that moved or went: 301 to what a keyword was merged into, 410 for one that was retired.

On a static host the old files simply stand there; here a reader is told, and stops asking.
"""

from __future__ import annotations

import re

from newsletter.daily.publisher import Publisher
from newsletter.store.keywords import Address, find_address
from newsletter.web.topics import TopicsShelf

_KEYWORD = re.compile(r"(?P<before>(?:feeds/)?keywords/)(?P<slug>[a-z0-9-]+)(?P<after>/.*|\.[a-z]+)?")


class MovedKeywords:
    """Knows where the files of keywords went."""

    def __init__(self, publisher: Publisher, topics: TopicsShelf) -> None:
        self._store = publisher.store
        self._topics = topics

    def find(self, path: str) -> tuple[int, str] | None:
        """The status for a public path, and for 301 the new path; None: it is where it belongs.

        Raises StoreError.
        """
        match = _KEYWORD.fullmatch(path)
        if match is None:
            return None
        with self._store.read() as tx:
            address = find_address(tx, self._topics.take(tx), match["slug"])
        if address is Address.RETIRED:
            return 410, ""
        if isinstance(address, str) and address != match["slug"]:
            return 301, f"{match['before']}{address}{match['after'] or ''}"
        return None
