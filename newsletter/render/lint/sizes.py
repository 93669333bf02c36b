"""Rules about what Gmail cuts off or drops whole, and about styles that reach no reader."""

from __future__ import annotations

import base64
from collections.abc import Iterator

from newsletter.render.budget import BUDGET
from newsletter.render.lint.mail import Element, LintedMail, read_style, where
from newsletter.render.lint.rules import Places, Rule
from newsletter.render.lint.sheets import StyleRule, find_at_rules, is_sheet, is_style

STYLE_BUDGET = 16_384
"""Characters of style sheets that Gmail reads."""

_NO_MEDIA = {"", "all", "screen"}


def measure_encoded(html: str) -> int:
    """The bytes of HTML as base64 in lines of a message."""
    return len(base64.encodebytes(html.encode()).replace(b"\n", b"\r\n"))


def _find_clip(mail: LintedMail) -> Places:
    size = measure_encoded(mail.html)
    if size >= BUDGET:
        yield "HTML", f"{size:,} bytes as base64"


def _find_large_styles(mail: LintedMail) -> Places:
    size = sum(map(len, mail.sheets))
    if size > STYLE_BUDGET:
        yield "style sheet", f"{size:,} characters of style"


def _find_nested(mail: LintedMail) -> Places:
    for sheet in mail.sheets:
        for name, depth in find_at_rules(sheet):
            if depth:
                yield "style sheet", f"{name} inside another at-rule"


def _find_styles_in_body(mail: LintedMail) -> Places:
    for element in mail.tag("style"):
        if any(parent.tag == "body" for parent in element.iterancestors()):
            yield where(element), "a style element in the body"


def _find_unreadable(mail: LintedMail) -> Places:
    for element in mail.elements:
        if not is_style(element.get("style") or ""):
            yield where(element), f"style={(element.get('style') or '')[:60]!r}"
    for sheet in mail.sheets:
        if not is_sheet(sheet):
            yield "style sheet", "not closed, or no CSS"


def _find_not_inline(mail: LintedMail) -> Places:
    for rule in mail.style_rules:
        if rule.media in _NO_MEDIA:
            for element, name in _match(mail, rule):
                if not _has_inline(element, name):
                    yield where(element), f"{name} stands in a style sheet alone"


def _find_lost(mail: LintedMail) -> Places:
    for rule in mail.style_rules:
        if rule.media in _NO_MEDIA:
            continue
        weak = {each.name for each in rule.declarations if not each.is_important}
        for element, name in _match(mail, rule):
            if name in weak and _has_inline(element, name):
                yield where(element), f"{name} of @media {rule.media} has no !important"


def _match(mail: LintedMail, rule: StyleRule) -> Iterator[tuple[Element, str]]:
    for selector in rule.selectors:
        for element in mail.select(selector):
            for declaration in rule.declarations:
                yield element, declaration.name


def _has_inline(element: Element, name: str) -> bool:
    """Whether the element's `style` says it itself, by a shorthand or by a part of it."""
    return any(
        own.name == name or name.startswith(f"{own.name}-") or own.name.startswith(f"{name}-")
        for own in read_style(element)
    )


RULES = (
    Rule(
        "clip",
        "Gmail clips a mail of about 102 KB and hides what follows, the unsubscribe link too.",
        f"Stay under {BUDGET:,} bytes: shorten head and foot, or the styles of the cards.",
        _find_clip,
    ),
    Rule(
        "style-size",
        f"Gmail drops style sheets beyond {STYLE_BUDGET:,} characters.",
        "Leave in adapt.css only what dark mode and narrow screens need.",
        _find_large_styles,
        "https://www.caniemail.com/features/html-style/",
    ),
    Rule(
        "style-nested",
        "Gmail drops a style sheet with an at-rule inside an at-rule.",
        "Write the at-rules one after the other.",
        _find_nested,
    ),
    Rule(
        "style-syntax",
        "Clients drop a style with a mistake whole, each another part of it.",
        "Mend it.",
        _find_unreadable,
    ),
    Rule(
        "style-in-body",
        "Gmail and Outlook on Windows leave out style sheets in the body.",
        "Put the style element into the head.",
        _find_styles_in_body,
        "https://www.caniemail.com/features/html-style/",
    ),
    Rule(
        "inline",
        "QQ, 163 and Gmail with other accounts drop style sheets: only inline styles reach those readers.",
        "Put the rule into style.css, which is inlined.",
        _find_not_inline,
    ),
    Rule(
        "important",
        "What stands inline is stronger: the rule never has an effect.",
        "Write !important behind the value.",
        _find_lost,
    ),
)
