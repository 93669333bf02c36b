"""The application: which address is answered by whom, and what becomes of errors.

Everything is answered, whatever fails: a mail program that unsubscribes someone tries again after
a 503. What the addresses do is left to the modules of the table.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route
from starlette.types import ExceptionHandler

from newsletter.daily.publisher import Publisher
from newsletter.errors import StoreError, TokenError
from newsletter.web.base_folder import BaseFolder
from newsletter.web.combined_feed import CombinedFeed
from newsletter.web.health import Health
from newsletter.web.lifetime import Lifetime
from newsletter.web.moved import MovedKeywords
from newsletter.web.pages import Pages
from newsletter.web.personal_feed import PersonalFeedLink
from newsletter.web.preferences import PreferencesLink
from newsletter.web.snapshot import SnapshotShelf
from newsletter.web.static import PublicFolder
from newsletter.web.threads import StoreThreads
from newsletter.web.topics import TopicsShelf
from newsletter.web.unsubscribe import UnsubscribeLink

MOST_BYTES = 64 * 1024
"""Of a request's body."""

_log = logging.getLogger(__name__)


def make_app(publisher: Publisher) -> Starlette:
    """The application of an open publisher, who is closed after it.

    Raises ConfigError where the newsletter's language has no words.
    """
    pages = Pages(publisher)
    return Starlette(
        routes=_list_routes(publisher, pages),
        middleware=[
            Middleware(BaseFolder, base_url=publisher.newsletter.base_url),
            Middleware(GZipMiddleware, compresslevel=6),
        ],
        exception_handlers=_handle_errors(pages),
        max_body_size=MOST_BYTES,
    )


def _list_routes(publisher: Publisher, pages: Pages) -> list[BaseRoute]:
    threads, topics = StoreThreads(), TopicsShelf(publisher)
    shelf, moved = SnapshotShelf(publisher, topics), MovedKeywords(publisher, topics)
    lifetime = Lifetime(publisher)
    combined = CombinedFeed(publisher, pages, threads, shelf=shelf, lifetime=lifetime)
    acting = ["GET", "POST"]
    return [
        Route("/healthz", Health(publisher, threads).answer),
        Route("/unsubscribe/{token}", UnsubscribeLink(publisher, pages, threads).answer, methods=acting),
        Route("/preferences/{token}", PreferencesLink(publisher, pages, threads).answer, methods=acting),
        Route("/feeds/personal/{token}.{ending}", PersonalFeedLink(publisher, pages, threads, shelf).answer),
        Route("/feeds/combine.{ending}", combined.answer),
        Route("/{path:path}", PublicFolder(publisher, pages, lifetime=lifetime, moved=moved).answer),
    ]


def _handle_errors(pages: Pages) -> Mapping[type[Exception], ExceptionHandler]:
    def refuse_token(_request: Request, _error: Exception) -> Response:
        return pages.show("link_invalid", status=404)

    def report_store(_request: Request, error: Exception) -> Response:
        _log.error("%s", error)
        return pages.show("unavailable", status=503, headers={"Retry-After": "120"})

    def report_bug(_request: Request, _error: Exception) -> Response:
        return pages.show("unavailable", status=500)  # the server logs the traceback

    def drop(_request: Request, _error: Exception) -> Response:
        return Response(status_code=400)  # nobody is there to read it

    return {
        TokenError: refuse_token,
        StoreError: report_store,
        ClientDisconnect: drop,
        Exception: report_bug,
    }
