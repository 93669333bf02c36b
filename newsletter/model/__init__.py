"""The words of docs/glossary.md as types: frozen, without I/O and without a clock.

What a room hands to the next one is one of these. How they are read, stored, rendered or handed
over is left to the rooms.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from newsletter.model.delivery import (
    Blanks,
    Call,
    DeliveryCounts,
    DeliveryEventKind,
    DeliveryState,
    Fragment,
    Fragments,
    Letterhead,
    Message,
    Pieces,
    SharedBody,
    Sign,
    SkipReason,
    Submitted,
)
from newsletter.model.digest import (
    Digest,
    Paper,
    Problem,
    Sections,
    join_sources,
    normalise_url,
    split_sources,
)
from newsletter.model.edition import (
    Edition,
    EditionKind,
    Keyword,
    PublishedPaper,
    edition_name,
    find_first_day,
    find_monday,
)
from newsletter.model.newsletter import (
    FeedFormat,
    Newsletter,
    archive_path,
    combined_feed_path,
    combined_file_path,
    edition_path,
    feed_path,
    keyword_path,
)
from newsletter.model.subscriber import Preferences, Subscriber, SubscriberStatus, SuppressionReason
from newsletter.model.theme import Theme

Clock = Callable[[], datetime]
"""Tells the time, aware and in UTC."""

__all__ = [
    "Blanks",
    "Call",
    "Clock",
    "DeliveryCounts",
    "DeliveryEventKind",
    "DeliveryState",
    "Digest",
    "Edition",
    "EditionKind",
    "FeedFormat",
    "Fragment",
    "Fragments",
    "Keyword",
    "Letterhead",
    "Message",
    "Newsletter",
    "Paper",
    "Pieces",
    "Preferences",
    "Problem",
    "PublishedPaper",
    "Sections",
    "SharedBody",
    "Sign",
    "SkipReason",
    "Submitted",
    "Subscriber",
    "SubscriberStatus",
    "SuppressionReason",
    "Theme",
    "archive_path",
    "combined_feed_path",
    "combined_file_path",
    "edition_name",
    "edition_path",
    "feed_path",
    "find_first_day",
    "find_monday",
    "join_sources",
    "keyword_path",
    "normalise_url",
    "split_sources",
]
