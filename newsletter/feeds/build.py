"""Feeds → bytes. Makes each entry once, however many feeds show it.

An entry that cannot be made is left out with a warning: one bad paper never loses a feed.
Writing files is left to `site/`.
"""

from __future__ import annotations

import logging
from collections import OrderedDict
from collections.abc import Container, Iterable, Iterator
from functools import lru_cache, partial
from operator import attrgetter

from newsletter.feeds.archive import Edge
from newsletter.feeds.content import Words, untranslated
from newsletter.feeds.entry import make_entry
from newsletter.feeds.feed import Feed, make_head
from newsletter.feeds.formats import FORMATS
from newsletter.feeds.window import ENTRY_ROOM, RenderedEntry, take_fitting
from newsletter.model import FeedFormat, Newsletter, PublishedPaper

ENTRIES_KEPT = 4_000
"""Enough that keywords of neighbouring days share them, few enough for any archive."""

_log = logging.getLogger(__name__)
_Made = tuple[PublishedPaper | None, RenderedEntry | None]
_NOTHING: _Made = (None, None)


def build_feed(
    feed: Feed, newsletter: Newsletter, feed_format: FeedFormat, *, words: Words = untranslated
) -> bytes:
    """One feed in one format; for many feeds of the same papers, keep a `FeedBuilder`."""
    return FeedBuilder(newsletter, words=words).build(feed, feed_format)


class FeedBuilder:
    """Builds the feeds of one build, and remembers the entries it made.

    `linked` holds the slugs of the keywords that have a page (None: all have one); at most `kept`
    entries are remembered.
    """

    def __init__(
        self,
        newsletter: Newsletter,
        *,
        words: Words = untranslated,
        linked: Container[str] | None = None,
        kept: int = ENTRIES_KEPT,
    ) -> None:
        self._newsletter = newsletter
        self._words = words
        self._kept = kept
        make = partial(make_entry, newsletter=newsletter, words=words, linked=linked)
        self.entry = lru_cache(maxsize=kept)(make)
        self._made: dict[FeedFormat, OrderedDict[str, _Made]] = {each: OrderedDict() for each in FeedFormat}

    def build(self, feed: Feed, feed_format: FeedFormat) -> bytes:
        """The feed's document; its `updated` is the newest of the entries in it."""
        writer = FORMATS[feed_format]
        newest_first = self._newest_first(feed.papers, feed_format)
        entries = tuple(newest_first) if feed.is_archive else take_fitting(newest_first).shown
        head = make_head(
            feed,
            self._newsletter,
            feed_format,
            media_type=writer.media_type,
            updated=max((entry.updated for entry in entries), default=feed.empty_at),
            words=self._words,
        )
        return writer.render_feed(head, [entry.data for entry in entries])

    def find_edge(self, feed: Feed, feed_format: FeedFormat) -> Edge | None:
        """Where the feed's document ends; None: it shows every paper."""
        window = take_fitting(self._newest_first(feed.papers, feed_format))
        if window.fallen is None:
            return None
        return Edge(window.shown[-1].published, window.fallen.published)

    def _newest_first(
        self, papers: Iterable[PublishedPaper], feed_format: FeedFormat
    ) -> Iterator[RenderedEntry]:
        """Each identity once, in its latest wording; made only as far as it is read."""
        made, seen = self._made[feed_format], set()
        for paper in sorted(papers, key=attrgetter("published_at", "updated_at"), reverse=True):
            # By its address first: hashing papers whole costs more than all else done with their bytes.
            known, entry = made.get(paper.paper.url, _NOTHING)
            if known != paper:
                entry = self._render_or_warn(paper, feed_format)
                made[paper.paper.url] = paper, entry
                if len(made) > self._kept:
                    made.popitem(last=False)
            if entry is not None and entry.id not in seen:
                seen.add(entry.id)
                yield entry

    def _render_or_warn(self, paper: PublishedPaper, feed_format: FeedFormat) -> RenderedEntry | None:
        try:
            entry = self.entry(paper)
            data = FORMATS[feed_format].render_entry(entry)
            if len(data) > ENTRY_ROOM:
                raise ValueError(f"{len(data)} bytes are more than a feed may have")
        except Exception as error:  # whatever it is, the other papers of the edition must get out
            _log.warning("%r is left out of the %s feeds: %s", paper.paper.title, feed_format, error)
            return None
        return RenderedEntry(entry.id, entry.published, entry.updated, data)
