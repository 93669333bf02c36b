"""Rules about whether the text can be read and the links be touched, in light and in dark."""

from __future__ import annotations

from functools import partial

from newsletter.model.theme import LEAST_CONTRAST, measure_contrast
from newsletter.render.lint.looks import find_looks, find_texts, in_a_sentence
from newsletter.render.lint.mail import LintedMail, where
from newsletter.render.lint.rules import Places, Rule

SMALLEST_TEXT = 14
LEAST_LINE = 1.4
SMALLEST_TARGET = 24


def _find_contrast(mail: LintedMail, *, dark: bool) -> Places:
    if dark and not any(rule.is_dark for rule in mail.style_rules):
        return
    looks = find_looks(mail, dark=dark)
    for element, _ in find_texts(mail):
        look = looks[element]
        ratio = measure_contrast(look.colour, look.background)
        if ratio < LEAST_CONTRAST:
            yield where(element), f"{look.colour} on {look.background}: {ratio:.2f}:1"


def _find_small_text(mail: LintedMail) -> Places:
    looks = find_looks(mail)
    for element, _ in find_texts(mail):
        if looks[element].size < SMALLEST_TEXT:
            yield where(element), f"text of {looks[element].size:g} px"


def _find_tight_lines(mail: LintedMail) -> Places:
    looks = find_looks(mail)
    for element, _ in find_texts(mail):
        look = looks[element]
        if look.line_height < LEAST_LINE * look.size - 0.01 and look.size >= SMALLEST_TEXT:
            yield where(element), f"lines {look.line_height / look.size:.2f} times as high as the text"


def _find_small_targets(mail: LintedMail) -> Places:
    looks = find_looks(mail)
    for link in mail.links:
        if link in mail.hidden or not link.get("href") or in_a_sentence(link):
            continue
        if looks[link].line_height < SMALLEST_TARGET:
            yield where(link), f"a link {looks[link].line_height:g} px high"


RULES = (
    Rule(
        "contrast",
        f"Less than {LEAST_CONTRAST}:1 is hard to read (WCAG 2.2 §1.4.3).",
        "Choose a darker text or a lighter background.",
        partial(_find_contrast, dark=False),
    ),
    Rule(
        "contrast-dark",
        f"Less than {LEAST_CONTRAST}:1 is hard to read (WCAG 2.2 §1.4.3).",
        "Set both colours in the rules for dark mode, with !important.",
        partial(_find_contrast, dark=True),
    ),
    Rule(
        "text-size",
        "Small text is enlarged by some telephones, which breaks the layout, and read by few.",
        f"At least {SMALLEST_TEXT} px.",
        _find_small_text,
    ),
    Rule(
        "line-height",
        "Chinese characters in tight lines run together.",
        f"At least {LEAST_LINE} times the text's size.",
        _find_tight_lines,
    ),
    Rule(
        "target-size",
        "Fingers miss it (WCAG 2.2 §2.5.8).",
        f"Lines of {SMALLEST_TARGET} px at least around links that stand alone.",
        _find_small_targets,
    ),
)
