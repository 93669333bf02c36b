"""Lines and addresses that every feed format can carry, whatever a digest wrote.

HTML is left to `markup` and `content`.
"""

from __future__ import annotations

import re
from functools import lru_cache
from urllib.parse import quote, urlsplit, urlunsplit

from newsletter.markup import clean_text

_PATH = "/:@!$&'()*+,;=-._~%"
_QUERY = _PATH + "?"
_BARE_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")
_AUTHORITY = re.compile(r"[A-Za-z0-9.:@\[\]_-]+")


def clean_line(text: str) -> str:
    """`text` on one line, without the characters XML forbids."""
    return " ".join(clean_text(text).split())


_LABEL = "[A-Za-z0-9-]{1,63}"
_PLAIN = re.compile(rf"https?://{_LABEL}([.]{_LABEL})*(:[0-9]+)?(/[A-Za-z0-9/:@!$&'()*+,;=._~-]*)?")


@lru_cache(maxsize=8192)
def encode_url(url: str) -> str:
    """An absolute http(s) address as a URI (RFC 3987 §3.1 → RFC 3986); "" for anything else."""
    if _PLAIN.fullmatch(url):  # nearly all are
        return url
    try:
        parts = urlsplit(clean_line(url))
        authority = parts.netloc.encode("idna").decode()
    except ValueError:
        return ""
    if parts.scheme not in ("http", "https") or not _AUTHORITY.fullmatch(authority):
        return ""
    path, query, fragment = _encode(parts.path, _PATH), _encode(parts.query, _QUERY), parts.fragment
    return urlunsplit((parts.scheme, authority, path, query, _encode(fragment, _QUERY)))


def _encode(part: str, safe: str) -> str:
    return quote(_BARE_PERCENT.sub("%25", part), safe=safe)
