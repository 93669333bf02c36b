"""Signs a mail with DKIM (RFC 6376): rsa-sha256, relaxed/relaxed, the fields that readers act on.

The same mail gets the same signature: RSA with PKCS#1 v1.5 is deterministic, and `t=` is the mail's own
Date, not the clock. Keys and their DNS records are `dkim_keys`'s; which mails are signed is the caller's.

A body is hashed as it stands, because relaxed canonicalization (§3.4.4) changes nothing in ours: lines of
base64 and of MIME fields without runs of spaces, without spaces at their ends, and no empty line at the end.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

SIGNED = (
    *("from", "reply-to", "to", "subject", "date", "message-id", "mime-version", "content-type"),
    *("list-id", "list-unsubscribe", "list-unsubscribe-post", "list-archive", "list-help", "feedback-id"),
)
"""§5.4.1, RFC 8058 §4 for the two of unsubscribing, and Gmail's for Feedback-ID."""

_LINE = 78  # RFC 5322 §2.1.1
_WHITE = re.compile(rb"[ \t]*\r\n[ \t]+|[ \t]+")


class DkimSigner:
    """Signs in the name of `domain`; its key's record stands at <selector>._domainkey.<domain>."""

    def __init__(self, domain: str, selector: str, key: RSAPrivateKey) -> None:
        from cryptography.hazmat.primitives import hashes  # noqa: PLC0415 - only where mail is signed
        from cryptography.hazmat.primitives.asymmetric import padding  # noqa: PLC0415

        self._domain = domain
        self._selector = selector
        self._key = key
        self._algorithm = padding.PKCS1v15(), hashes.SHA256()
        self._opening = lru_cache(maxsize=8)(self._open)  # one for all mails of an edition

    def sign(self, head: bytes, body: Iterable[bytes], moment: datetime) -> bytes:
        """The DKIM-Signature field to be put before `head`, with its CRLF.

        `head` has each field once and ends in the empty line; `body` comes in pieces; `moment` is aware.
        """
        digest = hashlib.sha256()
        for piece in body:
            digest.update(piece)
        fields = _canonical_fields(head)
        names = tuple(name for name in SIGNED if name in fields)
        field = self._opening(names, int(moment.timestamp())) + _fold([f"bh={_base64(digest.digest())};"])
        unsigned = field + "\r\n b="
        signed = b"".join([*(fields[name] for name in names), _canonical(unsigned.encode("ascii"))])
        signature = _base64(self._key.sign(signed, *self._algorithm))
        width = _LINE - len(" b=")
        pieces = [signature[start : start + width] for start in range(0, len(signature), width)]
        return (unsigned + "\r\n ".join(pieces) + "\r\n").encode("ascii")

    def _open(self, present: Sequence[str], seconds: int) -> str:
        """The field up to its hashes.

        Each name stands in `h=` once more than in the mail (§5.4.2): with a second From, Subject or
        List-Unsubscribe, or with a Reply-To that we never wrote, the signature holds no longer.
        """
        *names, last = (name for name in SIGNED for _ in range(1 + (name in present)))
        tags = [
            *("v=1;", "a=rsa-sha256;", "c=relaxed/relaxed;", f"d={self._domain};", f"s={self._selector};"),
            *(f"t={seconds};", f"h={names[0]}:", *(f"{name}:" for name in names[1:]), f"{last};"),
        ]
        return "DKIM-Signature:" + _fold(tags, column=len("DKIM-Signature:"))


def _fold(tags: Sequence[str], *, column: int = _LINE) -> str:
    """The tags, each after a space, from `column` on; lines of at most 78 characters where a tag has room."""
    folded = ""
    for tag in tags:
        # §3.5: white space may follow the colons of h=, where it is spared on the same line.
        gap = "" if folded.endswith(":") else " "
        if column + len(gap) + len(tag) > _LINE:
            folded, column, gap = f"{folded}\r\n", 0, " "
        folded, column = f"{folded}{gap}{tag}", column + len(gap) + len(tag)
    return folded


def _canonical_fields(head: bytes) -> dict[str, bytes]:
    """The fields by their names, in relaxed form (§3.4.2)."""
    fields = (_canonical(field) for field in re.split(rb"\r\n(?![ \t])", head) if field)
    return {field.partition(b":")[0].decode("ascii"): field + b"\r\n" for field in fields}


def _canonical(field: bytes) -> bytes:
    name, _, value = field.partition(b":")
    return b"%b:%b" % (name.rstrip().lower(), _WHITE.sub(b" ", value).strip(b" "))


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")
