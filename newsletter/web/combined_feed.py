"""`/feeds/combine.atom?keywords=a,b`, `.rss` and `.json`: the papers of any choice of keywords, as a feed.

The choice is named by slugs, as in the addresses of keyword pages, or by labels. Every order of it is
one feed: any but the canonical address leads there.
"""

from __future__ import annotations

import hashlib

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from newsletter.daily.publisher import Publisher
from newsletter.feeds import combined_feed
from newsletter.feeds.formats import FORMATS
from newsletter.keywords import Choice, find_keyword, select_papers
from newsletter.model import FeedFormat, combined_feed_path
from newsletter.render.words import load_words
from newsletter.web.conditional import Document, answer_document
from newsletter.web.lifetime import Lifetime
from newsletter.web.pages import Pages
from newsletter.web.snapshot import SnapshotShelf
from newsletter.web.threads import StoreThreads


class CombinedFeed:
    """Answers what is asked of the address."""

    def __init__(
        self,
        publisher: Publisher,
        pages: Pages,
        threads: StoreThreads,
        *,
        shelf: SnapshotShelf,
        lifetime: Lifetime,
    ) -> None:
        self._publisher = publisher
        self._pages = pages
        self._threads = threads
        self._shelf = shelf
        self._lifetime = lifetime

    async def answer(self, request: Request) -> Response:
        """Raises StoreError."""
        ending = request.path_params["ending"]
        asked = [each.strip() for each in request.query_params.get("keywords", "").split(",")]
        if ending not in tuple(FeedFormat) or not any(asked):
            return self._pages.show("not_found", status=404)
        return await self._threads.read(self._answer, request, FeedFormat(ending), [*filter(None, asked)])

    def _answer(self, request: Request, feed_format: FeedFormat, asked: list[str]) -> Response:
        newsletter = self._publisher.newsletter
        with self._publisher.store.read() as tx:
            snapshot = self._shelf.take(tx)
        keywords = [find_keyword(each, snapshot.vocabulary, snapshot.by_slug) for each in asked]
        slugs = frozenset(keyword.slug for keyword in keywords)
        canonical = combined_feed_path(feed_format, slugs)
        if request.url.query != canonical.partition("?")[2]:
            return RedirectResponse(f"./{canonical.rpartition('/')[2]}", 301)
        words = load_words(newsletter.language)
        try:
            feed = combined_feed(
                newsletter,
                keywords,
                select_papers(snapshot.papers, Choice(slugs)),
                empty_at=self._publisher.midnight_after(newsletter.tag_date),
                words=words.gettext,
            )
        except ValueError:  # more keywords than an address should hold
            return self._pages.show("not_found", status=404)
        data = snapshot.builder(words.language).build(feed, feed_format)
        media_type = f"{FORMATS[feed_format].media_type}; charset=utf-8"
        document = Document(data, media_type, version=hashlib.sha256(data).hexdigest()[:32])
        headers = {
            "Cache-Control": f"public, max-age={self._lifetime.seconds()}",
            "Link": f'<{newsletter.url(canonical)}>; rel="self"',
            "X-Content-Type-Options": "nosniff",
        }
        return answer_document(request, document, headers)
