"""What goes into the public folder, and what writing it changed."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum


class PublicRank(IntEnum):
    """The order of publication: nothing appears before what it links to."""

    PAGE = 1
    KEYWORD_FEED = 2
    ALL_FEED = 3
    INDEX = 4
    """The index page, the sitemap and the OPML list."""


@dataclass(frozen=True, slots=True)
class PublicFile:
    """A file of the site; `path` is relative to the public folder, with forward slashes."""

    path: str
    data: bytes
    rank: PublicRank


@dataclass(frozen=True, slots=True)
class SiteChange:
    """The paths that were written, in the order they appeared, and how many stood as they were."""

    written: tuple[str, ...]
    unchanged: int
