"""What the W3C feed validator checks, as far as it can break here, and what it does not see.

The rules are those of its source (github.com/w3c/feedvalidator): required elements, the self link
equal to the location, no two alternates of one type, URIs and not IRIs, RFC 3339 and RFC 822
dates, unique ids and dates, archives that lead on. Ours besides: HTML escaped once, with absolute
links and nothing that runs. JSON Feed is left to `json_validity`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urljoin

from lxml import etree

from newsletter.model import FeedFormat
from tests.feeds.html_validity import check_html
from tests.feeds.json_validity import check_json_feed

XML_FORMATS = (FeedFormat.ATOM, FeedFormat.RSS)
ATOM = "{http://www.w3.org/2005/Atom}"
CONTENT = "{http://purl.org/rss/1.0/modules/content/}"
HISTORY = "{http://purl.org/syndication/history/1.0}"
RSS_TYPES = {"atom": "application/atom+xml", "rss": "application/rss+xml"}

_URI = re.compile(r"[a-zA-Z][0-9a-zA-Z+.-]*:(//)?[0-9a-zA-Z;/?:@&=+$.\-_!~*'()%,#]+")
_TAG = re.compile(r"tag:[a-z0-9.-]+,\d{4}-\d\d-\d\d:[0-9a-zA-Z;/?:@&=+$.\-_!~*'()%,]*")
_RFC3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
_RFC822 = re.compile(r"(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d [+-]\d{4}")


def check_feed(data: bytes, feed_format: FeedFormat, location: str, *, archive: bool = False) -> None:
    """Fails with what is wrong with the document served at `location`."""
    assert archive or len(data) <= 512_000
    if feed_format is FeedFormat.JSON:
        check_json_feed(data, location)
        return
    root = etree.fromstring(data)
    style = root.getprevious()
    assert (style.target, style.get("type")) == ("xml-stylesheet", "text/css")
    root_url = location[: location.index("/feeds/")]
    assert urljoin(location, style.get("href")) == f"{root_url}/feeds/style.css"
    if feed_format is FeedFormat.RSS:
        _check_rss(root, location)
    else:
        _check_atom(root, location)
        _check_archive(root, location, archive)


def _check_atom(feed: Any, location: str) -> None:
    assert feed.tag == f"{ATOM}feed"
    assert feed.get("{http://www.w3.org/XML/1998/namespace}lang")
    _check_once(feed, [f"{ATOM}{name}" for name in ("id", "title", "updated", "subtitle", "author")])
    assert _TAG.fullmatch(feed.findtext(f"{ATOM}id"))
    assert _RFC3339.fullmatch(feed.findtext(f"{ATOM}updated"))
    assert feed.findtext(f"{ATOM}author/{ATOM}name").strip()
    _check_links(feed.findall(f"{ATOM}link"), location, RSS_TYPES["atom"])
    entries = feed.findall(f"{ATOM}entry")
    assert [*feed][len(feed) - len(entries) :] == entries, "metadata after entries"
    _check_unique([entry.findtext(f"{ATOM}id") for entry in entries])
    _check_unique([entry.findtext(f"{ATOM}updated") for entry in entries])
    for entry in entries:
        _check_atom_entry(entry)


def _check_atom_entry(entry: Any) -> None:
    names = ("id", "title", "updated", "published", "content", "summary")
    _check_once(entry, [f"{ATOM}{name}" for name in names])
    assert _TAG.fullmatch(entry.findtext(f"{ATOM}id"))
    for name in ("updated", "published"):
        assert _RFC3339.fullmatch(entry.findtext(f"{ATOM}{name}"))
    _check_links(entry.findall(f"{ATOM}link"))
    for category in entry.findall(f"{ATOM}category"):
        assert category.get("term")
        assert category.get("label")
        assert _URI.fullmatch(category.get("scheme"))
    content = entry.find(f"{ATOM}content")
    assert content.get("type") == "html"
    check_html(content.text)


def _check_archive(feed: Any, location: str, archive: bool) -> None:
    """ArchiveIncomplete and MissingCurrentInArchive; a live feed says nothing of current or next."""
    links = {link.get("rel"): link.get("href") for link in feed.findall(f"{ATOM}link")}
    assert len(feed.findall(f"{HISTORY}archive")) == archive
    assert (
        {"current", "next-archive"} <= links.keys()
        if archive
        else not {"current", "next-archive"} & links.keys()
    )
    assert location not in (links.get("prev-archive"), links.get("next-archive"), links.get("current"))


def _check_rss(rss: Any, location: str) -> None:
    assert (rss.tag, rss.get("version")) == ("rss", "2.0")
    [channel] = rss
    _check_once(channel, ["title", "link", "description", "language", "lastBuildDate"])
    assert _URI.fullmatch(channel.findtext("link"))
    _check_rfc822(channel.findtext("lastBuildDate"))
    _check_links(channel.findall(f"{ATOM}link"), location, RSS_TYPES["rss"])
    items = channel.findall("item")
    assert [*channel][len(channel) - len(items) :] == items, "metadata after items"
    _check_unique([item.findtext("guid") for item in items])
    for item in items:
        _check_item(item)


def _check_item(item: Any) -> None:
    _check_once(item, ["title", "link", "description", "guid", "pubDate", f"{CONTENT}encoded"])
    assert item.find("author") is None, "an author needs a mail address in RSS"
    assert _URI.fullmatch(item.findtext("link"))
    assert item.find("guid").get("isPermaLink") == "false"
    assert _TAG.fullmatch(item.findtext("guid"))
    _check_rfc822(item.findtext("pubDate"))
    for category in item.findall("category"):
        assert category.text
        assert _URI.fullmatch(category.get("domain"))
    check_html(item.findtext("description"))
    check_html(item.findtext(f"{CONTENT}encoded"))
    tags = [child.tag for child in item]
    assert tags.index("description") < tags.index(f"{CONTENT}encoded"), "NeedDescriptionBeforeContent"


def _check_once(parent: Any, tags: Sequence[str]) -> None:
    for tag in tags:
        found = parent.findall(tag)
        assert len(found) == 1, f"{len(found)} × {tag}"
        assert "".join(found[0].itertext()).strip(), f"{tag} is blank"


def _check_links(links: Sequence[Any], location: str = "", media_type: str = "") -> None:
    for link in links:
        assert _URI.fullmatch(link.get("href")), link.get("href")
    kinds = [(link.get("rel"), link.get("type")) for link in links if link.get("rel") != "hub"]
    _check_unique(kinds)
    selves = [link for link in links if link.get("rel") == "self"]
    if location:
        [own] = selves
        assert (own.get("href"), own.get("type")) == (location, media_type)
    else:
        assert [link.get("rel") for link in links].count("alternate") == 1


def _check_rfc822(value: str) -> None:
    assert _RFC822.fullmatch(value), value
    assert f"{parsedate_to_datetime(value):%a}" == value[:3]


def _check_unique(values: Sequence[object]) -> None:
    assert len(set(values)) == len(values), values
