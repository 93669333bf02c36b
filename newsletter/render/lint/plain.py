"""Rules about the text part: a mail in its own right, without leftovers of the other one."""

from __future__ import annotations

import re
from collections.abc import Callable

from newsletter.render.lint.mail import LintedMail, read_words
from newsletter.render.lint.rules import Places, Rule
from newsletter.render.text import COLUMNS, measure

_TAGS = "a|b|br|code|div|em|h[1-6]|i|img|li|ol|p|span|strong|table|td|tr|ul"
_ENTITY = re.compile(r"&(?:[a-z]{2,8}|#\d{1,7}|#x[0-9a-f]{1,6});", re.IGNORECASE)
_TAG = re.compile(rf"</?(?:{_TAGS})(?:\s[^<>\n]*)?/?>|<!--", re.IGNORECASE)
_MARKDOWN = re.compile(r"\*\*[^*\n]+\*\*|~~[^~\n]+~~|(?<!`)`[^`\n]+`(?!`)|\]\(\s*(?:https?:|#)|^#{1,6} ")
_ADDRESS = re.compile(r"https?://[!-~]+")
_EMPTY_LINES = 2


def _search(pattern: re.Pattern[str]) -> Callable[[LintedMail], Places]:
    def find(mail: LintedMail) -> Places:
        for number, line in enumerate(mail.text.splitlines(), 1):
            for found in pattern.finditer(line):
                yield f"text line {number}", found[0][:60]

    return find


def _find_wide(mail: LintedMail) -> Places:
    for number, line in enumerate(mail.text.splitlines(), 1):
        # Addresses are never broken: it is what stands beside them that must fit.
        shown = _ADDRESS.sub("", line.rstrip())
        can_break = " " in shown.strip() or not shown.isascii()
        if measure(shown) > COLUMNS and can_break:
            yield f"text line {number}", f"more than {COLUMNS} columns"


def _find_gaps(mail: LintedMail) -> Places:
    empty = 0
    for number, line in enumerate(mail.text.splitlines(), 1):
        empty = 0 if line.strip() else empty + 1
        if empty == _EMPTY_LINES + 1:
            yield f"text line {number}", "several empty lines in a row"


def _find_missing_links(mail: LintedMail) -> Places:
    links = {link.get("href") for link in mail.links if (link.get("href") or "").startswith("http")}
    # The unsubscribe link has a rule of its own.
    for address in sorted(links - {mail.unsubscribe}):
        if address not in mail.text:
            yield "text", f"lacks {address}"


def _find_missing_headings(mail: LintedMail) -> Places:
    """Where lines are broken differs: only what is no white space is compared."""
    text = "".join(mail.text.split())
    for heading in mail.tag("h1", "h2", "h3"):
        if text and heading not in mail.hidden and "".join(read_words(heading).split()) not in text:
            yield "text", f"lacks {read_words(heading)[:60]!r}"


def _find_missing_words(mail: LintedMail) -> Places:
    if not mail.text.strip():
        yield "text", "nothing in it"


RULES = (
    Rule(
        "plain-empty",
        "Filters distrust a mail without it.",
        "Write it into edition.txt.",
        _find_missing_words,
    ),
    Rule("plain-entities", "Readers see them as they stand.", "Use no HTML in it.", _search(_ENTITY)),
    Rule("plain-tags", "Readers see them as they stand.", "Use no HTML in it.", _search(_TAG)),
    Rule(
        "plain-markdown",
        "Readers see the marks.",
        "Pass summaries through the filter plain: {{ text | plain | wrap }}.",
        _search(_MARKDOWN),
    ),
    Rule(
        "plain-width",
        "Clients break longer lines anywhere.",
        "Pass it through the filter wrap: {{ text | wrap }}.",
        _find_wide,
    ),
    Rule("plain-gaps", "It looks as if the mail ended there.", "Take lines out of the template.", _find_gaps),
    Rule(
        "plain-headings",
        "Whoever reads the text part does not know of it.",
        "Write every paper's title into card.txt.",
        _find_missing_headings,
    ),
    Rule(
        "plain-links",
        "Whoever reads the text part cannot reach it.",
        "Write every address into the text templates, too.",
        _find_missing_links,
    ),
)
