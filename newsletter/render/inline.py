"""Moves a mail's CSS into its tags, once for the whole page with all its cards.

The only place that knows premailer and lxml; both are imported late, because they are slow to
import and only mails need them. The markers are comments: escaped text cannot forge one.
"""

from __future__ import annotations

import logging
import re

from newsletter.errors import RenderError

MARKER = "<!--@@PART@@-->"

_OPTIONS = {
    # The default kills `!important`, and with it dark mode and narrow screens inside @media.
    "strip_important": False,
    "keep_style_tags": True,
    "allow_network": False,
    # Attributes that premailer would add beside each style, at our expense of bytes.
    "disable_basic_attributes": ["align", "valign", "width", "height", "bgcolor"],
    "cssutils_logging_level": logging.CRITICAL,
}


def inline_css(html: str) -> str:
    """The page with its style sheets moved into its tags; its markers stay where they were.

    Raises RenderError for a page or a style sheet that cannot be read, and where the markers are not
    siblings: then they do not part whole cards.
    """
    from lxml import etree  # noqa: PLC0415
    from premailer import Premailer  # noqa: PLC0415

    try:
        page = etree.fromstring(_drop_indentation(html), etree.HTMLParser())
        Premailer(**_OPTIONS).transform(page)
    except Exception as error:
        raise RenderError(
            f"email/edition.html cannot be read as a page with CSS: {error}",
            template="email/edition.html",
            fix="It must be a whole HTML page, with selectors of CSS 3 in its style sheets.",
        ) from error
    parents = {part.getparent() for part in page.iter(etree.Comment) if f"<!--{part.text}-->" == MARKER}
    if len(parents) > 1:
        raise RenderError(
            "email/card.html leaves an element open or closes one too many",
            template="email/card.html",
            fix="Close in it every element that it opens, and no other.",
        )
    text: str = etree.tostring(page.getroottree(), method="html", encoding="unicode")
    return text


def _drop_indentation(html: str) -> str:
    """Every byte counts against the budget; a line end is as good as a line end and spaces."""
    return re.sub(r"\s*\n\s*", "\n", html.strip())
