"""Reads the body of an answer, bounded by what it comes to, not by what goes over the wire.

Only gzip is asked for, so only gzip is undone: libraries also undo codings within codings, and a few
kilobytes of those fill the memory.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable

from newsletter.digests.retries import AttemptFailed

ACCEPTED_CODING = "gzip"

_PLAIN = {"", "identity"}
_GZIP = {"gzip", "x-gzip"}  # RFC 9110 §8.4.1.3: the same
_GZIP_WINDOW = 16 + zlib.MAX_WBITS


def read_body(pieces: Iterable[bytes], coding: str, max_bytes: int) -> bytes:
    """The document in `pieces`, which have the Content-Encoding `coding`. Raises AttemptFailed."""
    coding = coding.strip().lower()
    if coding not in _PLAIN | _GZIP:
        raise AttemptFailed("the server packs the document in a way that was not asked for")
    body = bytearray()
    for piece in _unpack(pieces, max_bytes) if coding in _GZIP else pieces:
        body += piece
        if len(body) > max_bytes:
            raise AttemptFailed(f"the document is larger than {max_bytes:,} bytes")
    return bytes(body)


def _unpack(pieces: Iterable[bytes], most: int) -> Iterable[bytes]:
    """What gzip made of it (RFC 1952: one or several members), never more than `most` + 1 bytes at once."""
    member = zlib.decompressobj(_GZIP_WINDOW)
    is_begun = False
    for piece in pieces:
        left = piece
        while left:
            if member.eof:
                member = zlib.decompressobj(_GZIP_WINDOW)
            is_begun = True
            try:
                yield member.decompress(left, most + 1)
            except zlib.error as error:
                raise AttemptFailed("the document is packed, and broken", again=True) from error
            left = member.unused_data or member.unconsumed_tail
    if is_begun and not member.eof:
        raise AttemptFailed("the document breaks off", again=True)
