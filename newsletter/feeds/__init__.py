"""Papers → Atom, RSS and OPML::

    PublishedPaper ──make_entry──▶ Entry ──render──▶ bytes, once ─┐
    Feed (who, where, which papers) ──take_fitting──▶ window ─────┴─▶ one document a format

The same input gives the same bytes: no clock, no locale, no order but the papers' dates. Which
feeds exist and where they are written is left to `site/`; who serves them, to `web/`.
"""

from newsletter.feeds.build import FeedBuilder, build_feed
from newsletter.feeds.content import Words, untranslated
from newsletter.feeds.feed import Feed, all_papers_feed, keyword_feed
from newsletter.feeds.opml import build_opml
from newsletter.feeds.safe import encode_url

__all__ = [
    "Feed",
    "FeedBuilder",
    "Words",
    "all_papers_feed",
    "build_feed",
    "build_opml",
    "encode_url",
    "keyword_feed",
    "untranslated",
]
