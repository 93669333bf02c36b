"""Makes the messages and calls that the transports are tried with."""

from __future__ import annotations

import re
from html import escape
from typing import Any

from newsletter.delivery.headers import encode_head
from newsletter.model import Call, Fragment, Message, SharedBody

SENDER = "digest@papers.test"
BOUNDARY = "=_contract"


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
    return SharedBody(lambda: (text, html))


SHARED = share(BODIES)


def make_message(number: int = 0, **changes: Any) -> Message:
    recipient = changes.get("recipient", f"reader{number}@mail.test")
    unsubscribe = f"https://papers.test/unsubscribe/{number}?a=1&b=2"
    headers = (
        ("From", f"每日论文 <{SENDER}>"),
        ("To", f"读者{number} <{recipient}>"),
        ("Subject", "每日论文 · 3 篇"),
        ("Date", "Wed, 24 Sep 2025 08:00:00 +0800"),
        ("Message-ID", f"<2025-09-24.{number}@papers.test>"),
        ("List-Id", "<digest.papers.test>"),
        ("List-Unsubscribe", f"<{unsubscribe}>"),
        ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"),
    )
    blanks = (("UNSUBSCRIBE", unsubscribe), ("ADDRESS", recipient))
    filled = {"shared": SHARED, "blanks": blanks}
    facts: dict[str, Any] = {
        "delivery_id": f"2025-09-24.{number}",
        "sender": SENDER,
        "recipient": recipient,
        "headers": headers,
        "head": encode_head(headers, BOUNDARY),
        "boundary": BOUNDARY,
        "text_fragments": _fill(BODIES[0], blanks, ""),
        "html_fragments": _fill(BODIES[1], blanks, "HTML_"),
    }
    return Message(**facts | filled | changes)


def _fill(body: str, blanks: tuple[tuple[str, str], ...], kind: str) -> tuple[Fragment, ...]:
    for name, value in blanks:
        body = body.replace(f"@@{kind}{name}@@", escape(value) if kind else value)
    return (Fragment(body.encode()),)


def make_call(*messages: Message, may_be_repeat: bool = False) -> Call:
    return Call.of(messages, may_be_repeat=may_be_repeat)
