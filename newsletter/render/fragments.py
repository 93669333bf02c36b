"""Makes the fragments of a mail's body: canonical line ends, a multiple of 57 bytes.

Only then is the base64 of one fragment whole lines (RFC 2045 §6.8), and joined fragments are the
encoded body. Padding is spaces where no reader sees them: between tags in HTML, on the empty line
that ends a part in text. Encoding itself is `model.Fragment`'s.
"""

from __future__ import annotations

from newsletter.model import Fragment

LINE = 57
"""The bytes behind one line of base64."""
ENCODED_LINE = 78
"""The bytes of that line in a message: 76 characters and CRLF."""


def make_html_fragment(html: bytes, /, *, last: bool = False) -> Fragment:
    """A stretch of encoded HTML that ends between two tags."""
    return Fragment(html if last else html + b" " * (-len(html) % LINE))


def make_text_fragment(text: bytes, /, *, last: bool = False) -> Fragment:
    """A stretch of encoded text with the empty line that parts it from the next."""
    data = text.rstrip(b"\r\n") + b"\r\n"
    if last:
        return Fragment(data)
    return Fragment(data + b" " * (-(len(data) + 2) % LINE) + b"\r\n")


def count_lines(size: int) -> int:
    """The lines of base64 that `size` bytes take, padded."""
    return -(-size // LINE)


def encode_text(text: str) -> bytes:
    """UTF-8 with CRLF line ends, as RFC 2045 §6.8 wants text before it becomes base64."""
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    return text.encode().replace(b"\n", b"\r\n")
