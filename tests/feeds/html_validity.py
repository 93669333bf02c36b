"""What the HTML inside a feed may hold."""

from __future__ import annotations

import re

import html5lib

HTML_TAGS = {"p", "h3", "strong", "em", "code", "a", "br", "s"}


def check_html(html: str) -> None:
    """The fragment is well-formed HTML of the tags we use, with absolute links only."""
    parser = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False)
    for node in parser.parseFragment(html).iter():
        if node.tag == "DOCUMENT_FRAGMENT":
            continue
        assert node.tag in HTML_TAGS
        assert set(node.attrib) <= {"href", "title", "rel"}
        if "href" in node.attrib:
            assert re.match("https?://", node.attrib["href"])
