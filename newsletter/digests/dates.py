"""Finds the date of a digest: as a header writes it, or as a file's name carries it.

Which of the two counts is for `read` to say.
"""

from __future__ import annotations

import re
from datetime import date
from pathlib import PurePosixPath

# 2025-09-24, 2025/9/24, 2025.9.24, 2025_09_24, 2025年9月24日
_WRITTEN = re.compile(r"(?<!\d)(\d{4})\s?[-/._年]\s?(\d{1,2})\s?[-/._月]\s?(\d{1,2})(?!\d)")
_YEARS = range(1900, 3000)  # what is counted on from a date stays within the calendar of `datetime`
_COMPACT = re.compile(r"(?<!\d)(\d{4})(\d{2})(\d{2})(?!\d)")


def find_date(text: str) -> date | None:
    """The first date written in `text`; None where there is none.

    Raises ValueError when the calendar has no such day, or one that no digest can be of.
    """
    if match := _WRITTEN.search(text):
        return _day(match)
    return None


def date_in_name(source: str) -> date | None:
    """The date in the last part of a path or address: 2025-09-24.md, papers_20250924.txt.

    Digits that are no date of the calendar are just digits.
    """
    name = PurePosixPath(source.replace("\\", "/")).name
    for pattern in (_WRITTEN, _COMPACT):
        for match in pattern.finditer(name):
            try:
                return _day(match)
            except ValueError:
                continue
    return None


def _day(match: re.Match[str]) -> date:
    year, month, day = map(int, match.groups())
    if year not in _YEARS:
        raise ValueError(f"no digest is of the year {year}")
    return date(year, month, day)
