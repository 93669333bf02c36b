"""What JSON Feed 1.1 (jsonfeed.org/version/1.1) asks of a document, and what it allows."""

from __future__ import annotations

import json
import re
from typing import Any

from tests.feeds.html_validity import check_html

_TEXT = {"title", "description", "user_comment", "summary", "content_html", "id", "version"}
_URLS = {"home_page_url", "feed_url", "url", "external_url"}
_DATES = {"date_published", "date_modified"}
_TOP = {"version", "title", "home_page_url", "feed_url", "description", "user_comment", "language", "authors"}
_TOP |= {"hubs", "items"}
_ITEM = {"id", "url", "external_url", "title", "content_html", "summary", "date_published", "date_modified"}
_ITEM |= {"authors", "tags", "language"}
_URI = re.compile(r"https?://[0-9a-zA-Z;/?:@&=+$.\-_!~*'()%,#]+")
_TAG = re.compile(r"tag:[a-z0-9.-]+,\d{4}-\d\d-\d\d:[0-9a-zA-Z;/?:@&=+$.\-_!~*'()%,]*")
_RFC3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")


def check_json_feed(data: bytes, location: str) -> None:
    """Fails with what is wrong with the document served at `location`."""
    feed = json.loads(data.decode("utf-8"))
    assert next(iter(feed)) == "version", "it should stand at the very top"
    assert feed["version"] == "https://jsonfeed.org/version/1.1"
    assert {"title", "items", "home_page_url", "feed_url"} <= feed.keys() <= _TOP
    assert feed["feed_url"] == location
    _check_members(feed)
    for hub in feed.get("hubs", []):
        assert hub.keys() == {"type", "url"}
        assert _URI.fullmatch(hub["url"])
    ids = [item["id"] for item in feed["items"]]
    assert len(set(ids)) == len(ids)
    for item in feed["items"]:
        _check_item(item)


def _check_item(item: dict[str, Any]) -> None:
    assert {"id", "url", "content_html"} <= item.keys() <= _ITEM
    assert _TAG.fullmatch(item["id"])
    _check_members(item)
    check_html(item["content_html"])
    assert all(isinstance(tag, str) and tag.strip() for tag in item.get("tags", []))
    assert item["date_published"] <= item["date_modified"]


def _check_members(facts: dict[str, Any]) -> None:
    for name, value in facts.items():
        assert value or name == "items", f"{name} is empty"
        if name in _TEXT:
            assert isinstance(value, str)
            assert value.strip()
        elif name in _URLS:
            assert _URI.fullmatch(value), value
        elif name in _DATES:
            assert _RFC3339.fullmatch(value), value
    assert _LANGUAGE.fullmatch(facts["language"])
    for author in facts.get("authors", []):
        assert author.keys() == {"name"}
        assert author["name"].strip()
