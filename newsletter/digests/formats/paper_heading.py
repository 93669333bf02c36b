"""Reads the heading of one paper: `0.[Title](URL)`, in narrow or full-width punctuation.

Titles may hold brackets, addresses parentheses. What stands below the heading is for the format.
"""

from __future__ import annotations

import re

from newsletter.digests.links import is_usable_url
from newsletter.markup import to_plain

_LONGEST = 1_000
_NUMBER = re.compile(r"^\d+[ \t]*[.．、:：)）]?\s*")
_BRACKETS = ("[［", "]］")
_PARENTHESES = ("(（", ")）")
_JOINT = re.compile(r"[\]］]\s*[(（]")


def read_heading(text: str) -> tuple[str, str]:
    """The title, as plain text, and the URL in `text`, a heading without its `##`.

    Raises ValueError, saying why, where it is no paper's heading or one of the two is unusable.
    """
    if len(text) > _LONGEST:
        raise ValueError("this heading is too long for a paper's")
    link = _NUMBER.sub("", text.strip(), count=1)
    if not link.startswith(tuple(_BRACKETS[0])):
        raise ValueError("this heading is not a paper's: no [title](URL)")
    joint = _find_joint(link)
    if not joint:
        raise ValueError("this paper has no link")
    # A title stands within a link and can hold no other: what looks like one is its own words.
    title = to_plain(link[1 : joint.start()].replace("](", "]\\("))
    url = _url_in(link[joint.end() - 1 :])
    if not title:
        raise ValueError("this paper has no title")
    if not is_usable_url(url):
        raise ValueError("this paper has no usable link (http or https)")
    return title, url


def _find_joint(link: str) -> re.Match[str] | None:
    """Where the title ends and the URL begins; the last such place where brackets do not match up."""
    joint = _JOINT.match(link, _closing(link, _BRACKETS))
    if joint:
        return joint
    *_, last = [None, *_JOINT.finditer(link)]
    return last


def _url_in(text: str) -> str:
    """The URL in `text`, which begins with its opening parenthesis; without a Markdown link title."""
    end = _closing(text, _PARENTHESES)
    if end == len(text):
        end = max(text.rfind(")"), text.rfind("）"))
    words = text[1 : max(end, 1)].split()
    return words[0].removeprefix("<").removesuffix(">") if words else ""


def _closing(text: str, pair: tuple[str, str]) -> int:
    """Where the bracket that `text` begins with is closed; its length where it is not."""
    depth = 0
    for position, character in enumerate(text):
        depth += (character in pair[0]) - (character in pair[1])
        if not depth:
            return position
    return len(text)
