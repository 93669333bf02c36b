"""`/feeds/personal/<token>.atom` and `.rss`: the papers of a subscriber's mails, as a feed.

It is a feed of its own: it goes on after an unsubscribe, has no limit of papers, and ends only
when the subscriber is erased. How a feed is written is left to `feeds/`.
"""

from __future__ import annotations

import dataclasses
import hashlib

from starlette.requests import Request
from starlette.responses import Response

from newsletter.daily.publisher import Publisher
from newsletter.delivery.links import personal_feed_path
from newsletter.feeds import Feed
from newsletter.feeds.formats import FORMATS
from newsletter.keywords import make_choice, select_papers
from newsletter.model import FeedFormat, Subscriber
from newsletter.render.words import Words
from newsletter.tokens import TEST_SUBJECT, Purpose
from newsletter.web.conditional import Document, answer_document
from newsletter.web.pages import Pages
from newsletter.web.snapshot import Snapshot, SnapshotShelf
from newsletter.web.threads import StoreThreads
from newsletter.web.visitor import find_visitor, read_subject

_HEADERS = {"Cache-Control": "private, max-age=900", "X-Content-Type-Options": "nosniff"}


class PersonalFeedLink:
    """Answers what is asked of a personal feed's address."""

    def __init__(
        self, publisher: Publisher, pages: Pages, threads: StoreThreads, shelf: SnapshotShelf
    ) -> None:
        self._publisher = publisher
        self._pages = pages
        self._threads = threads
        self._shelf = shelf

    async def answer(self, request: Request) -> Response:
        """Raises TokenError and StoreError."""
        ending = request.path_params["ending"]
        if ending not in tuple(FeedFormat):
            return self._pages.show("not_found", status=404)
        public_id = read_subject(self._publisher, Purpose.FEED, request)
        if public_id == TEST_SUBJECT:
            return self._pages.show("test_link", status=404)
        return await self._threads.read(self._answer, request, public_id, FeedFormat(ending))

    def _answer(self, request: Request, public_id: str, feed_format: FeedFormat) -> Response:
        with self._publisher.store.read() as tx:
            visitor = find_visitor(tx, public_id)
            if visitor is None:
                return self._pages.show("not_found", status=410)  # a reader stops asking
            snapshot = self._shelf.take(tx)
        words = self._pages.words_for(visitor)
        feed = self._make_feed(visitor, snapshot, words, request.path_params["token"])
        data = snapshot.builder(words.language).build(feed, feed_format)
        media_type = f"{FORMATS[feed_format].media_type}; charset=utf-8"
        # Without a date: other preferences change the feed, and no paper in it need be newer.
        document = Document(data, media_type, version=hashlib.sha256(data).hexdigest()[:32])
        return answer_document(request, document, _HEADERS)

    def _make_feed(self, visitor: Subscriber, snapshot: Snapshot, words: Words, token: str) -> Feed:
        newsletter = self._publisher.newsletter
        choice = dataclasses.replace(make_choice(visitor.preferences, snapshot.vocabulary), limit=None)
        return Feed(
            id=newsletter.tag(f"feeds/personal/{visitor.public_id}"),
            title=f"{newsletter.title} · {words.gettext('Your feed')}",
            subtitle=describe_choice(visitor, words),
            language=newsletter.language,
            page_path="",
            paths={each: personal_feed_path(token, each) for each in FeedFormat},
            papers=select_papers(snapshot.papers, choice),
            empty_at=self._publisher.midnight_after(newsletter.tag_date),
        )


def describe_choice(visitor: Subscriber, words: Words) -> str:
    keywords = visitor.preferences.keywords
    if keywords is None:
        return words.gettext("Every paper, newest first")
    phrase = words.gettext("Papers on {keyword}, newest first")
    return phrase.replace("{keyword}", words.join(keywords))
