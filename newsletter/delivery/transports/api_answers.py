"""What an answer of a provider's API means by its status alone (RFC 9110 §15).

A `Dialect` knows better where its provider documents more; this is for the rest, gateways included.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from newsletter.errors import (
    OutcomeUnknown,
    PermanentTransportError,
    TemporaryTransportError,
    TransportBusy,
    TransportError,
    TransportMisconfigured,
)
from newsletter.retry_after import read_retry_after

_QUOTED = 200
"""Characters of an answer that a person is shown."""


class CallRefused(Exception):
    """A request was refused for what is in it, and nothing of it was taken; `reason` is the result of the
    message, once it stands alone."""

    def __init__(self, reason: PermanentTransportError) -> None:
        super().__init__(reason.message)
        self.reason = reason


class CallKnown(Exception):
    """The provider has had a call of this key before and took nothing now; `said` is what it answered."""

    def __init__(self, said: str) -> None:
        super().__init__(said)
        self.said = said


def judge_status(name: str, answer: httpx.Response) -> TransportError | CallRefused:
    """What an answer that is no success says of its whole call."""
    status, said = answer.status_code, f"{name} answered {quote_answer(answer)}"
    if status in (401, 403):
        return TransportMisconfigured(said, fix=f"check the key in [transport.{name}] and what it may do")
    if status == 429:
        return TransportBusy(said, retry_after=read_wait(answer))
    if status == 503:  # §15.6.4: it says itself that it did not serve the request
        return TemporaryTransportError(said, retry_after=read_wait(answer))
    if status in (400, 413, 422):
        return CallRefused(PermanentTransportError(said))
    if status == 408 or status >= 500:
        return OutcomeUnknown(said)
    return TransportMisconfigured(said, fix=f"check [transport.{name}] endpoint")


def read_wait(answer: httpx.Response) -> timedelta | None:
    """What Retry-After asks for (RFC 9110 §10.2.3)."""
    seconds = read_retry_after(answer.headers.get("retry-after", ""), datetime.now(UTC))
    return None if seconds is None else timedelta(seconds=seconds)


def quote_answer(answer: httpx.Response) -> str:
    """Status and words of an answer, in one short line."""
    words = " ".join(read_words(answer).split())
    shortened = words if len(words) <= _QUOTED else words[: _QUOTED - 1] + "…"
    return f"{answer.status_code} {shortened or answer.reason_phrase}".rstrip()


def read_words(answer: httpx.Response) -> str:
    """What an answer says to a person: the message of its JSON, else its text."""
    try:
        said: Any = answer.json()
    except ValueError:  # UnicodeDecodeError is one
        return answer.text
    while isinstance(said, (list, dict)):
        if isinstance(said, list):
            said = said[0] if said else ""
        else:
            known = {key.lower(): value for key, value in said.items()}
            said = next((known[key] for key in _MESSAGE_KEYS if known.get(key)), "")
    return str(said) or answer.text


_MESSAGE_KEYS = ("message", "errors", "error", "detail")
