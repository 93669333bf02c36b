"""The list of all feeds as OPML 2.0, for readers to import whole.

Each feed stands in it once, as Atom: a reader would subscribe to every format otherwise.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from lxml import etree

from newsletter.feeds.content import Words, untranslated
from newsletter.feeds.kinds import keyword_title
from newsletter.feeds.safe import clean_line, encode_url
from newsletter.model import FeedFormat, Keyword, Newsletter, feed_path, keyword_path


def build_opml(newsletter: Newsletter, keywords: Iterable[Keyword], *, words: Words = untranslated) -> bytes:
    """The feed of all papers, and a folder with the feeds of `keywords`, in their order."""
    root = etree.Element("opml", version="2.0")
    head = etree.SubElement(root, "head")
    etree.SubElement(head, "title").text = clean_line(newsletter.title)
    body = etree.SubElement(root, "body")
    _add_feed(body, newsletter, newsletter.title, feed_path(FeedFormat.ATOM), "")
    folder = etree.SubElement(body, "outline", text=words("Keywords"))
    for keyword in keywords:
        path = feed_path(FeedFormat.ATOM, keyword.slug)
        _add_feed(folder, newsletter, keyword_title(newsletter, keyword), path, keyword_path(keyword.slug))
    data: bytes = etree.tostring(root, encoding="UTF-8", xml_declaration=True, pretty_print=True)
    return data


def _add_feed(parent: Any, newsletter: Newsletter, title: str, path: str, page_path: str) -> None:
    etree.SubElement(
        parent,
        "outline",
        type="rss",  # of Atom too: the specification knows no other type for subscriptions
        text=clean_line(title),
        title=clean_line(title),
        xmlUrl=encode_url(newsletter.url(path)),
        htmlUrl=encode_url(newsletter.url(page_path)),
    )
