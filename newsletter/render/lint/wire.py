"""Rules about the message as it is handed over."""

from __future__ import annotations

import re

from newsletter.render.lint.mail import LintedMail
from newsletter.render.lint.rules import Places, Rule

LONGEST_LINE = 998


def _find_long_lines(mail: LintedMail) -> Places:
    for number, line in enumerate(mail.raw.split(b"\r\n"), 1):
        if len(line) > LONGEST_LINE:
            yield f"message line {number}", f"{len(line):,} octets"


def _find_bare_ends(mail: LintedMail) -> Places:
    if found := re.search(rb"(?<!\r)\n|\r(?!\n)", mail.raw):
        number = mail.raw.count(b"\r\n", 0, found.start()) + 1
        yield f"message line {number}", "a CR or LF alone"


def _find_eight_bits(mail: LintedMail) -> Places:
    head, _, body = mail.raw.partition(b"\r\n\r\n")
    if not body.isascii():
        yield "message", "a body with bytes above 127"
    if b"\0" in head + body:
        yield "message", "a NUL"


RULES = (
    Rule(
        "line-length",
        "Servers cut or refuse lines of more than 998 octets (RFC 5322 §2.1.1).",
        "Encode the part as base64.",
        _find_long_lines,
    ),
    Rule(
        "line-ends",
        "Servers refuse them (RFC 5321 §2.3.8).",
        "End every line with CRLF.",
        _find_bare_ends,
    ),
    Rule(
        "eight-bits",
        "Not every server takes 8BITMIME (RFC 6152).",
        "Encode the part as base64.",
        _find_eight_bits,
    ),
)
