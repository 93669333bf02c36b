"""Makes the messages and calls that the transports are tried with."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from html import escape
from typing import Any

from newsletter.delivery.headers import OpenHead
from newsletter.model import Blanks, Call, Fragment, Fragments, Message, Pieces, SharedBody

SENDER = "digest@papers.test"


TEXT = "第一篇论文。\n" * 300
HTML = "<p>第一篇论文。</p>\n" * 300
BODIES = (
    f"{TEXT}\n@@ADDRESS@@ @@UNSUBSCRIBE@@\n",
    f'{HTML}<a href="@@HTML_UNSUBSCRIBE@@">@@HTML_ADDRESS@@</a>',
)
"""Text and HTML with a blank for each personal value."""


def share(bodies: tuple[str, str]) -> SharedBody:
    """The blanks of such bodies, apart from the words."""
    text, html = (tuple(re.split("@@((?:HTML_)?(?:UNSUBSCRIBE|ADDRESS))@@", body)) for body in bodies)
    return take_pieces(text, html)


def take_pieces(text: Pieces, html: Pieces) -> SharedBody:
    """The body that these are, taken apart."""
    return SharedBody(
        lambda blanks: (_fill(text, blanks, str), _fill(html, blanks, escape)), lambda: (text, html)
    )


def _fill(pieces: Pieces, blanks: Blanks, write: Callable[[str], str]) -> Fragments:
    words = [
        write(blanks[piece.removeprefix("HTML_")]) if place % 2 else piece
        for place, piece in enumerate(pieces)
    ]
    return (Fragment("".join(words).encode()),)


SHARED = share(BODIES)
OWN = ("To", "Subject", "Message-ID", "List-Unsubscribe")


def make_message(number: int = 0, **changes: Any) -> Message:
    recipient = changes.get("recipient", f"reader{number}@mail.test")
    unsubscribe = f"https://papers.test/unsubscribe/{number}?a=1&b=2"
    headers: Headers = (
        ("From", f"每日论文 <{SENDER}>"),
        ("To", f"读者{number} <{recipient}>"),
        ("Subject", "每日论文 · 3 篇"),
        ("Date", "Wed, 24 Sep 2025 08:00:00 +0800"),
        ("Message-ID", f"<2025-09-24.{number}@papers.test>"),
        ("List-Id", "<digest.papers.test>"),
        ("List-Unsubscribe", f"<{unsubscribe}>"),
        ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"),
    )
    headers = changes.pop("headers", headers)
    bodies = changes.pop("text_fragments", None), changes.pop("html_fragments", None)
    facts: dict[str, Any] = {
        "delivery_id": f"2025-09-24.{number}",
        "sender": SENDER,
        "recipient": recipient,
        "letterhead": _open(tuple((name, None if name in OWN else value) for name, value in headers)),
        "own_fields": {name: value for name, value in headers if name in OWN},
        "body": _replace(*bodies) if any(bodies) else SHARED,
        "blanks": {"UNSUBSCRIBE": unsubscribe, "ADDRESS": recipient},
    }
    return Message(**facts | changes)


def _replace(text: Fragments | None, html: Fragments | None) -> SharedBody:
    """The bodies of these fragments, where they are given."""

    def fill(blanks: Blanks) -> tuple[Fragments, Fragments]:
        own_text, own_html = SHARED.fill(blanks)
        return text or own_text, html or own_html

    return SharedBody(fill, SHARED.take_apart)


Headers = tuple[tuple[str, str], ...]
_open = lru_cache(OpenHead)  # one object for all messages that share their fields, as in an edition


def make_call(*messages: Message, may_be_repeat: bool = False) -> Call:
    return Call.of(messages, may_be_repeat=may_be_repeat)
