"""The tokens of links: whatever makes them, those in mails already out are taken."""

from __future__ import annotations

import base64
import hmac

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.errors import TokenError
from newsletter.tokens import Purpose, check_token, make_token
from tests.builders import NOON

keys = st.binary(min_size=1, max_size=200)
subjects = st.from_regex(r"[0-9a-z-]{1,40}", fullmatch=True)


@given(keys, st.sampled_from(Purpose), subjects)
def test_a_token_is_the_hmac_of_its_purpose_and_subject(key: bytes, purpose: Purpose, subject: str) -> None:
    """RFC 2104, truncated to 16 bytes, in base64url without padding."""
    mac = hmac.digest(key, f"{purpose}\0{subject}".encode(), "sha256")[:16]
    written = base64.urlsafe_b64encode(mac + subject.encode()).rstrip(b"=").decode()
    assert make_token(key, purpose, subject) == written
    assert check_token(key, purpose, written, now=NOON) == subject


@given(keys, subjects)
def test_a_token_of_another_purpose_is_none(key: bytes, subject: str) -> None:
    with pytest.raises(TokenError):
        check_token(key, Purpose.UNSUBSCRIBE, make_token(key, Purpose.FEED, subject), now=NOON)
