"""Signed links: makes the token that stands in a URL, and checks it.

A token is base64url (RFC 4648 §5, without padding) of a 16-byte HMAC-SHA256 (RFC 2104, truncated
as its §5 allows) followed by the payload `subject[|expiry]`. The purpose is part of what is signed,
not of the token, so a feed link can never unsubscribe anyone. Where the key comes from and what a
subject means is left to the caller.
"""

from __future__ import annotations

import base64
import binascii
import hmac
from datetime import UTC, datetime
from enum import StrEnum

from newsletter.errors import TokenError

_MAC_BYTES = 16


class Purpose(StrEnum):
    """What a token allows."""

    UNSUBSCRIBE = "unsubscribe"
    PREFERENCES = "preferences"
    FEED = "feed"
    CONFIRM = "confirm"


TEST_SUBJECT = "test"
"""The subject of every personal link in a mail made by `send --to`: it belongs to nobody."""


def make_token(key: bytes, purpose: Purpose, subject: str, *, expires_at: datetime | None = None) -> str:
    """A URL-safe token for `subject`; without `expires_at` it never expires."""
    return TokenMaker(key, purpose).make(subject, expires_at=expires_at)


class TokenMaker:
    """Makes many tokens of one purpose; the key is read once."""

    def __init__(self, key: bytes, purpose: Purpose) -> None:
        self._keyed = hmac.new(key, purpose.value.encode() + b"\0", "sha256")

    def make(self, subject: str, *, expires_at: datetime | None = None) -> str:
        """As `make_token`."""
        payload = subject if expires_at is None else f"{subject}|{int(expires_at.timestamp())}"
        data = payload.encode()
        return base64.urlsafe_b64encode(self.sign(data) + data).rstrip(b"=").decode("ascii")

    def sign(self, payload: bytes) -> bytes:
        """The MAC of a payload."""
        mac = self._keyed.copy()
        mac.update(payload)
        return mac.digest()[:_MAC_BYTES]


def check_token(key: bytes, purpose: Purpose, token: str, *, now: datetime) -> str:
    """The subject of a token made with the same key and purpose.

    Raises TokenError: not a token, not ours, or expired at `now`.
    """
    try:
        data = base64.b64decode(token.encode("ascii") + b"=" * (-len(token) % 4), b"-_", validate=True)
    except (UnicodeEncodeError, binascii.Error) as error:
        raise TokenError("this is not a link of ours") from error
    mac, payload = data[:_MAC_BYTES], data[_MAC_BYTES:]
    if not payload or not hmac.compare_digest(mac, TokenMaker(key, purpose).sign(payload)):
        raise TokenError("this link was not made here")
    subject, _, expiry = payload.decode().partition("|")
    if expiry and now >= datetime.fromtimestamp(int(expiry), UTC):
        raise TokenError("this link has expired")
    return subject
