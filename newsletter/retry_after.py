"""The Retry-After field of an HTTP answer, which sources of digests and mail providers both send."""

from __future__ import annotations

from datetime import UTC, datetime


def read_retry_after(value: str, now: datetime) -> float | None:
    """The seconds that a Retry-After header asks for (RFC 9110 §10.2.3): a number, or a date.

    None where it says nothing that can be read.
    """
    from email.utils import parsedate_to_datetime  # noqa: PLC0415 - slow to import, and rarely needed

    value = value.strip()
    if value.isascii() and value.isdigit():
        return float(value[:9])
    try:
        moment = parsedate_to_datetime(value)
    except (TypeError, ValueError, IndexError, OverflowError):
        return None
    if moment.tzinfo is None:  # "-0000": a time in UTC of which no zone is told
        moment = moment.replace(tzinfo=UTC)
    return max(0.0, (moment - now).total_seconds())
