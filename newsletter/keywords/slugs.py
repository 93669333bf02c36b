"""The address of a keyword: readable ASCII from its normal form alone, the same on every machine.

Wherever the ASCII form loses information (Chinese, `C++`, a hyphen beside a space) a short hash of
the normal form keeps two topics from one address. `store/` pins each slug at its first use, so that
a later version of a library moves nothing.
"""

from __future__ import annotations

import hashlib
import re

from newsletter.keywords.normal import normal_form

_LOSSLESS = re.compile(r"[a-z0-9]+( [a-z0-9]+)*")
_LIKE_A_HASH = re.compile(r"(^| )[0-9a-f]{8}$")
_LONGEST = 48
# Names that a file system keeps for itself, whatever their ending (Windows), or that our paths use.
_RESERVED = re.compile(r"^(con|prn|aux|nul|com[0-9]|lpt[0-9]|index|all)$")


def make_slug(label: str) -> str:
    """A slug of `[a-z0-9-]`, at most 57 characters, a function of the label's normal form."""
    normal = normal_form(label)
    if _LOSSLESS.fullmatch(normal) and len(normal) <= _LONGEST:
        if not _LIKE_A_HASH.search(normal) and not _RESERVED.match(normal):
            return normal.replace(" ", "-")
        return f"{normal.replace(' ', '-')}-{_short_hash(normal)}"
    return f"{_readable(normal) or 'k'}-{_short_hash(normal)}"


def _readable(normal: str) -> str:
    from slugify import slugify  # noqa: PLC0415 - only a keyword never seen before needs it

    ascii_form: str = slugify(_spell(normal), max_length=_LONGEST, word_boundary=True)
    return ascii_form


def _spell(normal: str) -> str:
    if normal.isascii():
        return normal
    from pypinyin import lazy_pinyin  # noqa: PLC0415 - 0.3 s and 50 MB of dictionaries

    return "-".join(lazy_pinyin(normal))


def _short_hash(normal: str) -> str:
    return hashlib.sha256(normal.encode("utf-8", "surrogatepass")).hexdigest()[:8]
