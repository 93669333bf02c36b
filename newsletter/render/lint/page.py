"""Rules about the frame of the HTML: what clients and screen readers need to know of it."""

from __future__ import annotations

import re
from collections import Counter

from newsletter.render.lint.mail import LintedMail, read_style, read_words, where
from newsletter.render.lint.rules import Places, Rule

TELEPHONE = 360
"""The width in CSS pixels of the telephones that many have."""

_GHOST = re.compile(
    r"<!--\[if [^\]]*mso[^\]]*\]>(?:(?!<!\[endif).)*<table\b[^>]*\bwidth=", re.DOTALL | re.IGNORECASE
)


def _find_lang(mail: LintedMail) -> Places:
    if not (mail.tree.get("lang") or "").strip():
        yield where(mail.tree), "no lang"


def _find_title(mail: LintedMail) -> Places:
    if not any(read_words(title) for title in mail.tag("title")):
        yield "HTML head", "no title"


def _find_charset(mail: LintedMail) -> Places:
    said = (
        (meta.get("charset") or "") + (meta.get("content") or "")
        for meta in mail.tag("meta")
        if meta.get("charset") or (meta.get("http-equiv") or "").lower() == "content-type"
    )
    if not any("utf-8" in each.lower() for each in said):
        yield "HTML head", "no charset utf-8"


def _find_colour_scheme(mail: LintedMail) -> Places:
    has_dark = any(rule.is_dark for rule in mail.style_rules)
    said = (meta.get("content") or "" for meta in mail.tag("meta") if meta.get("name") == "color-scheme")
    if has_dark and not any("dark" in each for each in said):
        yield "HTML head", "rules for dark mode, but no meta color-scheme"


def _find_preheader(mail: LintedMail) -> Places:
    for body in mail.tag("body"):
        first = next(iter(body.iterchildren("*")), None)
        if first is None or first not in mail.hidden or not read_words(first):
            yield where(body), "no preheader"


def _find_headings(mail: LintedMail) -> Places:
    headings = [each for each in mail.tag(*(f"h{level}" for level in range(1, 7))) if each not in mail.hidden]
    if [each.tag for each in headings].count("h1") != 1:
        yield "HTML body", "not just one h1"
        return
    level = 0
    for heading in headings:
        if int(heading.tag[1]) > level + 1:
            yield where(heading), f"{heading.tag} after {f'h{level}' if level else 'nothing'}"
        level = int(heading.tag[1])


def _find_ids(mail: LintedMail) -> Places:
    ids = Counter(each.get("id") for each in mail.elements if each.get("id"))
    for name, count in ids.items():
        if count > 1:
            yield "HTML", f'{count} elements have id="{name}"'


def _find_alt(mail: LintedMail) -> Places:
    for image in mail.tag("img"):
        if image.get("alt") is None:
            yield where(image), "a picture without alt"


def _find_image_width(mail: LintedMail) -> Places:
    for image in mail.tag("img"):
        if not (image.get("width") or "").strip("%").isdigit():
            yield where(image), "a picture without a width attribute"


def _find_table_width(mail: LintedMail) -> Places:
    for table in mail.tag("table"):
        if not (table.get("width") or "").strip("%").isdigit():
            yield where(table), "a table without a width attribute"


def _find_table_role(mail: LintedMail) -> Places:
    for table in mail.tag("table"):
        if table.get("role") not in ("presentation", "none") and table.find(".//th") is None:
            yield where(table), "a table for layout that does not say so"


def _find_wide(mail: LintedMail) -> Places:
    for element in mail.tag("table", "td", "th", "img", "div", "p"):
        styles = {own.name: own.value for own in read_style(element)}
        if styles.get("max-width", "").endswith("%"):
            continue
        sizes = (element.get("width") or "", styles.get("width", ""), styles.get("min-width", ""))
        for size in sizes:
            found = re.fullmatch(r"(\d+)(?:\.\d+)?(?:px)?", size)
            if found and int(found[1]) > TELEPHONE:
                yield where(element), f"<{element.tag}> {found[1]} px wide"
                break


def _find_ghost(mail: LintedMail) -> Places:
    for element in mail.elements:
        for declaration in read_style(element):
            if re.fullmatch(r"max-width:\d.*px", str(declaration)) and not _GHOST.search(mail.html):
                yield where(element), f"{declaration} without a table of that width for Outlook"


RULES = (
    Rule("lang", "Screen readers and fonts follow it.", 'Write lang="{{ words.language }}".', _find_lang),
    Rule("title", "Screen readers and browsers show it.", "Write a title into the head.", _find_title),
    Rule(
        "charset",
        "Clients that lose the header show other characters.",
        "Name utf-8 in a meta element.",
        _find_charset,
    ),
    Rule(
        "color-scheme",
        "Apple Mail keeps to light without it.",
        'Write <meta name="color-scheme" content="light dark">.',
        _find_colour_scheme,
    ),
    Rule(
        "preheader",
        "Lists of mails show the first words beside the subject.",
        "Begin the body with a hidden element that holds {{ preheader }}.",
        _find_preheader,
    ),
    Rule(
        "headings",
        "Screen readers jump from heading to heading (WCAG 2.2 §1.3.1).",
        "One h1, then h2, and so on without a gap.",
        _find_headings,
    ),
    Rule("duplicate-id", "Jumps reach only the first one.", "Give each its own id.", _find_ids),
    Rule("alt", "Most clients show no pictures at first.", "Write an alt; empty for decoration.", _find_alt),
    Rule(
        "image-width",
        "Outlook on Windows shows pictures as large as they are.",
        "Write a width attribute.",
        _find_image_width,
    ),
    Rule(
        "table-width",
        "Outlook on Windows takes a table's width from its attribute.",
        'Write width="100%" or a number of pixels.',
        _find_table_width,
    ),
    Rule(
        "table-role",
        "Screen readers read out rows and columns.",
        'Write role="presentation".',
        _find_table_role,
    ),
    Rule(
        "fixed-width",
        f"It does not fit a telephone {TELEPHONE} px wide.",
        'Write width="100%" and a max-width; for a picture style="max-width:100%".',
        _find_wide,
    ),
    Rule(
        "max-width",
        "Outlook on Windows knows no max-width: the text runs over the whole screen.",
        "Put a table with a width attribute into <!--[if mso]>…<![endif]--> around it.",
        _find_ghost,
        "https://www.caniemail.com/features/css-max-width/",
    ),
)
