"""`Entry` and `Head` → JSON Feed 1.1 (jsonfeed.org/version/1.1), written by hand: no library lives.

An item's `url` is the paper's own, as the link of the other formats is: a reader opens the same page
from each of them, and nothing is left for `external_url`. A field without a value is left out.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from newsletter.feeds.entry import Entry
from newsletter.feeds.feed import Head

_VERSION = "https://jsonfeed.org/version/1.1"
_CLOSING = b"\n]}\n"


def render_json_entry(entry: Entry) -> bytes:
    """One of the `items`."""
    return _write(
        {
            "id": entry.id,
            "url": entry.url,
            "title": entry.title,
            "content_html": entry.content,
            "summary": entry.summary,
            "date_published": entry.published.isoformat(),
            "date_modified": entry.updated.isoformat(),
            "authors": [{"name": name} for name in entry.authors],
            "tags": [category.label for category in entry.categories],
            "language": entry.language,
        }
    ).encode()


def render_json_feed(head: Head, entries: Sequence[bytes]) -> bytes:
    """A document of items that `render_json_entry` made."""
    facts = _write(
        {
            "version": _VERSION,
            "title": head.title,
            "home_page_url": head.page_url,
            "feed_url": head.self_url,
            "description": head.subtitle,
            "user_comment": head.note,
            "language": head.language,
            "authors": [{"name": head.author}],
            "hubs": [{"type": "WebSub", "url": hub} for hub in head.hubs],
        }
    )
    opening = facts.removesuffix("}") + ', "items": [\n'
    return opening.encode() + b",\n".join(entries) + _CLOSING


def _write(facts: Mapping[str, Any]) -> str:
    return json.dumps({name: value for name, value in facts.items() if value}, ensure_ascii=False)
