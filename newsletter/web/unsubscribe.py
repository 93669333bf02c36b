"""`/unsubscribe/<token>`: GET shows a button, POST unsubscribes.

The POST is that of the page's form and the one-click of mail programs (RFC 8058 §3.2): no cookie,
no redirect, and no look into the body, because some clients send it as a form, some as multipart,
some not at all. It may come twice.
"""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from newsletter.daily.publisher import Publisher
from newsletter.store.subscribers import unsubscribe
from newsletter.tokens import TEST_SUBJECT, Purpose
from newsletter.web.pages import Pages
from newsletter.web.threads import StoreThreads
from newsletter.web.visitor import find_visitor, is_subscribed, read_subject


class UnsubscribeLink:
    """Answers what is asked of an unsubscribe link."""

    def __init__(self, publisher: Publisher, pages: Pages, threads: StoreThreads) -> None:
        self._publisher = publisher
        self._pages = pages
        self._threads = threads

    async def answer(self, request: Request) -> Response:
        """Raises TokenError and StoreError."""
        public_id = read_subject(self._publisher, Purpose.UNSUBSCRIBE, request)
        if public_id == TEST_SUBJECT:
            return self._pages.show("test_link")
        if request.method == "POST":
            await request.body()  # 413 beyond the limit, before anything is done
            return await self._threads.write(self._act, public_id)
        return await self._threads.read(self._ask, public_id)

    def _ask(self, public_id: str) -> Response:
        with self._publisher.store.read() as tx:
            visitor = find_visitor(tx, public_id)
        if not is_subscribed(visitor):
            return self._pages.show_unsubscribed(visitor)
        language = self._pages.words_for(visitor).language
        return self._pages.show("unsubscribe", language=language, address=visitor.email)

    def _act(self, public_id: str) -> Response:
        with self._publisher.store.write() as tx:
            visitor = find_visitor(tx, public_id)
            if visitor is not None:
                unsubscribe(tx, visitor, now=self._publisher.clock())
        return self._pages.show_unsubscribed(visitor)
