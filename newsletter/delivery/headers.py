"""The encoded header block of a mail: 7-bit, CRLF, each field folded as its kind allows.

Three kinds of field: text (Subject) and mailboxes (From, To, …) become RFC 2047 encoded words
where they are not plain ASCII, on lines of at most 76 characters; everything else carries URIs and
tokens, which folding would break (RFC 8058 clients read the raw line), and stays on one line.
The `email` policies of the standard library do neither. Which fields a mail has is left to the
caller; a value can never add a field or a line, whatever it holds.
"""

from __future__ import annotations

import re
import textwrap
from binascii import b2a_base64
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from email.utils import format_datetime
from functools import lru_cache, partial
from urllib.parse import quote

from newsletter.delivery.transports.addresses import encode_address

_LINE = 76  # RFC 2047 §2: no line with an encoded word is longer
_LONGEST_LINE = 998  # RFC 5322 §2.1.1
_WORD_START, _WORD_END = "=?utf-8?B?", "?="
_WORD = 75 - len(_WORD_START) - len(_WORD_END)  # RFC 2047 §2: 75 characters with the delimiters

_BREAKING = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]+")
_SPECIALS = re.compile(r'[()<>\[\]:;@\\,."]')  # RFC 5322 §3.2.3
_ASCII = "".join(map(chr, range(0x80)))


class OpenHead:
    """The `Letterhead` of many messages: what they share is encoded once."""

    def __init__(self, headers: Sequence[tuple[str, str | None]]) -> None:
        """The fields in their order; one without a value is open.

        MIME-Version and Content-Type are added here. Raises ValueError where a field stands twice.
        """
        names = [name.lower() for name, _ in (*headers, *_MIME)]
        if len(set(names)) != len(names):
            raise ValueError(f"each header stands once: {', '.join(names)}")
        self._headers = tuple(headers)
        shared = [""]
        self._open: list[tuple[str, Callable[[str], str]]] = []
        for name, value in (*headers, *_MIME):
            if value is None:
                shared[-1] += f"{name}: "
                self._open.append((name, partial(_ENCODERS.get(name.lower(), _encode_token), len(name) + 2)))
                shared.append("\r\n")
            else:
                shared[-1] += _encode_field(name, value)
        shared[-1] += "\r\n"
        self._shared = shared
        """What stands around the open fields."""

    def write(self, own: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
        """The fields but for those of MIME, the open ones with their `own` values by name."""
        return tuple([(name, own[name] if value is None else value) for name, value in self._headers])

    def encode(self, own: Mapping[str, str], boundary: str) -> bytes:
        """The fields and the closing empty line.

        Raises ValueError where a field that cannot be folded is longer than 998 characters.
        """
        own = {**own, "Content-Type": f'multipart/alternative; boundary="{boundary}"'}
        pieces = [""] * (2 * len(self._open) + 1)
        pieces[::2] = self._shared
        pieces[1::2] = [encode(_without_breaks(own[name])) for name, encode in self._open]
        return "".join(pieces).encode("ascii")


_MIME = (("MIME-Version", "1.0"), ("Content-Type", None))


def encode_head(headers: Sequence[tuple[str, str]], boundary: str) -> bytes:
    """The head of one message, as `OpenHead` encodes it."""
    return OpenHead(headers).encode({}, boundary)


def format_address(name: str, address: str) -> str:
    """A mailbox as a field's decoded value: `每日论文 <digest@papers.test>`, quoted where it must be.

    Raises AddressRefused where the address cannot be written in ASCII.
    """
    encoded, phrase = encode_address(address), _without_breaks(name)
    if not phrase:
        return encoded
    if _SPECIALS.search(phrase):
        phrase = '"' + re.sub(r'([\\"])', r"\\\1", phrase) + '"'
    return f"{phrase} <{encoded}>"


@lru_cache(maxsize=8)  # one date stands in all mails of an edition
def format_date(moment: datetime) -> str:
    """RFC 5322 §3.3, English whatever the locale; `moment` is aware."""
    return format_datetime(moment)


def _encode_field(name: str, value: str) -> str:
    encode = _ENCODERS.get(name.lower(), _encode_token)
    return f"{name}: {encode(len(name) + 2, _without_breaks(value))}\r\n"


def _without_breaks(value: str) -> str:
    """Controls, line separators and lone surrogates become a space: none may reach a header."""
    return (value if value.isprintable() else _BREAKING.sub(" ", value)).strip(" ")


def _encode_token(column: int, value: str) -> str:
    encoded = value if value.isascii() else quote(value, safe=_ASCII)
    if column + len(encoded) > _LONGEST_LINE:
        raise ValueError(f"a header that cannot be folded is too long: {encoded[:60]}…")
    return encoded


@lru_cache(maxsize=256)  # a subject stands in all mails of a rendition
def _encode_text(column: int, value: str) -> str:
    # Two spaces might be left alone on a line, and a long word would not fit on one.
    foldable = _is_plain(value) and "  " not in value and len(max(value.split(" "), key=len)) <= 60
    return _fold(column, value) if foldable else _encode_words(column, value)


def _fold(column: int, value: str) -> str:
    lines = textwrap.wrap(
        value,
        _LINE,
        initial_indent=" " * column,
        subsequent_indent=" ",
        break_long_words=False,
        break_on_hyphens=False,
    )
    return "\r\n".join(lines)[column:]


def _encode_mailbox(column: int, value: str) -> str:
    """`name <address>` with the name as encoded words where it is not plain or does not fit."""
    phrase, bracket, address = value.rpartition("<")
    if not phrase:
        return _encode_token(column, value)
    phrase, address = phrase.rstrip(" "), _encode_token(column, bracket + address)
    if not _is_plain(phrase) or column + len(phrase) > _LINE:
        phrase = _encode_words(column, _unquote(phrase))
    last_line = (" " * column + phrase).rpartition("\r\n")[2]
    return phrase + (" " if len(last_line) + 1 + len(address) <= _LINE else "\r\n ") + address


def _is_plain(value: str) -> bool:
    """Whether it can stand as it is: what looks like an encoded word would be shown decoded."""
    return value.isascii() and "=?" not in value


def _unquote(phrase: str) -> str:
    return re.sub(r"\\(.)", r"\1", phrase[1:-1]) if phrase.startswith('"') else phrase


def _encode_words(column: int, value: str) -> str:
    """RFC 2047 encoded words, a line each, the first beginning in `column`; no character is split."""
    data, words, start = value.encode(), [], 0
    room = _LINE - column - len(_WORD_START) - len(_WORD_END)
    while start < len(data):
        end = _end_of_word(data, start, min(room, _WORD) // 4 * 3)
        word = b2a_base64(data[start:end], newline=False).decode("ascii")
        words.append(_WORD_START + word + _WORD_END)
        start, room = end, _WORD
    return "\r\n ".join(words)


def _end_of_word(data: bytes, start: int, length: int) -> int:
    """The last boundary of a UTF-8 character at most `length` bytes on."""
    end = start + length
    while end < len(data) and data[end] & 0xC0 == 0x80:
        end -= 1
    return end


_ENCODERS: dict[str, Callable[[int, str], str]] = {
    "subject": _encode_text,
    "from": _encode_mailbox,
    "reply-to": _encode_mailbox,
    "to": _encode_mailbox,
    "list-id": _encode_mailbox,  # RFC 2919 §3: a phrase before the id
}
