"""Bodies arrive in any pieces, packed or not, and are bounded by what they come to."""

from __future__ import annotations

import contextlib
import gzip
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.digests.body import read_body
from newsletter.digests.retries import AttemptFailed


def cut(data: bytes, size: int) -> Iterator[bytes]:
    return (data[start : start + size] for start in range(0, len(data), size))


@given(st.lists(st.binary(max_size=200), max_size=4), st.integers(1, 64))
def test_what_was_packed_is_unpacked_whatever_the_pieces(members: list[bytes], size: int) -> None:
    packed = b"".join(map(gzip.compress, members))
    assert read_body(cut(packed, size), "gzip", 800) == b"".join(members)
    assert read_body(cut(packed, size), "", 10_000) == packed


@given(st.binary(min_size=1, max_size=200), st.integers(1, 64), st.sampled_from(["", "GZip ", "x-gzip"]))
def test_the_limit_is_exact(data: bytes, size: int, coding: str) -> None:
    sent = gzip.compress(data) if coding else data
    assert read_body(cut(sent, size), coding, len(data)) == data
    with pytest.raises(AttemptFailed, match="larger than"):
        read_body(cut(sent, size), coding, len(data) - 1)


@given(st.binary(max_size=200), st.integers(1, 64))
def test_any_bytes_may_claim_to_be_packed(data: bytes, size: int) -> None:
    with contextlib.suppress(AttemptFailed):
        assert len(read_body(cut(data, size), "gzip", 1_000)) <= 1_000


@pytest.mark.parametrize("coding", ["br", "zstd", "deflate", "gzip, gzip", "compress"])
def test_only_what_was_asked_for_is_unpacked(coding: str) -> None:
    with pytest.raises(AttemptFailed, match="not asked for"):
        read_body([b"text"], coding, 100)
