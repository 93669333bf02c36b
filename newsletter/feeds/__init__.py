"""Papers → Atom, RSS, JSON Feed and OPML::

    PublishedPaper ──make_entry──▶ Entry ──render──▶ bytes, once ─┐
    Feed (who, where, which papers) ──take_fitting──▶ window ─────┴─▶ one document a format
                                                        └─▶ edge ──plan_archives──▶ what fell off

The same input gives the same bytes: no clock, no locale, no order but the papers' dates. Which
feeds exist and where they are written is left to `site/`; who serves them, to `web/`.
"""

from newsletter.feeds.archive import Archive, Edge, plan_archives
from newsletter.feeds.build import FeedBuilder, build_feed
from newsletter.feeds.content import Words, untranslated
from newsletter.feeds.feed import Feed
from newsletter.feeds.kinds import (
    MOST_COMBINED,
    all_papers_feed,
    archive_feed,
    combined_feed,
    describe_papers,
    keyword_feed,
    link_archives,
)
from newsletter.feeds.opml import build_opml
from newsletter.feeds.safe import encode_url
from newsletter.feeds.style import STYLE_PATH, build_style
from newsletter.feeds.window import FEED_PAPERS, MAXIMUM_AGE

__all__ = [
    "FEED_PAPERS",
    "MAXIMUM_AGE",
    "MOST_COMBINED",
    "STYLE_PATH",
    "Archive",
    "Edge",
    "Feed",
    "FeedBuilder",
    "Words",
    "all_papers_feed",
    "archive_feed",
    "build_feed",
    "build_opml",
    "build_style",
    "combined_feed",
    "describe_papers",
    "encode_url",
    "keyword_feed",
    "link_archives",
    "plan_archives",
    "untranslated",
]
