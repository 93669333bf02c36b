"""What mail clients leave out: one table, a row a feature, with how to tell that a mail uses it.

The facts are those of caniemail.com (its data of April 2024; `tested` is when a feature was tested there).
Features without which a mail only looks plainer are notes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import partial

from newsletter.render.lint.mail import LintedMail, where
from newsletter.render.lint.rules import Rule
from newsletter.render.lint.sheets import find_at_rules

PAGE = "https://www.caniemail.com/features/{}/"


class Kind(StrEnum):
    """What a row's pattern is searched in, all in lower case."""

    DECLARATION = "name:value"
    AT_RULE = "@name"
    ATTRIBUTE = 'tag name="value"'
    ELEMENT = "tag"


@dataclass(frozen=True, slots=True)
class Support:
    """A feature: the `pattern` that tells it, and the clients that are `lacking` it."""

    name: str
    kind: Kind
    pattern: str
    lacking: str
    tested: str
    page: str
    fix: str
    is_note: bool = False


_CSS = partial(Support, kind=Kind.DECLARATION)
_TABLES = "Lay out with tables that have width attributes."
_LEAVE = "Leave it out."

SUPPORT = (
    _CSS(
        "css-flex",
        pattern=r"^(display:(inline-)?flex|flex(-\w+)*:)",
        lacking="Outlook on Windows, Gmail's apps with other accounts, GMX",
        tested="2021-11-02",
        page="css-display-flex",
        fix=_TABLES,
    ),
    _CSS(
        "css-grid",
        pattern=r"^(display:(inline-)?grid|grid(-\w+)*:)",
        lacking="Gmail, Outlook on Windows, Yahoo",
        tested="2019-02-28",
        page="css-display-grid",
        fix=_TABLES,
    ),
    _CSS(
        "css-gap",
        pattern=r"^(row-|column-)?gap:",
        lacking="Outlook on Windows, Yahoo, Gmail on mobile webmail",
        tested="2022-12-28",
        page="css-gap",
        fix="Use padding on table cells.",
    ),
    _CSS(
        "css-position",
        pattern=r"^position:(?!static)",
        lacking="Gmail, Outlook on Windows",
        tested="2021-05-16",
        page="css-position",
        fix=_TABLES,
    ),
    _CSS(
        "css-float",
        pattern=r"^float:(?!none)",
        lacking="Outlook on Windows",
        tested="2019-02-28",
        page="css-float",
        fix="Use the align attribute of a table or an image.",
    ),
    _CSS(
        "css-variables",
        pattern=r"^--|var\(",
        lacking="Gmail, Outlook, Yahoo",
        tested="2020-02-25",
        page="css-variables",
        fix="Write the value; templates may use {{ newsletter.theme.light.text }} and its like.",
    ),
    _CSS(
        "css-background-image",
        pattern=r"^background(-image)?:.*(url|gradient)\(",
        lacking="Outlook on Windows",
        tested="2019-02-28",
        page="css-background-image",
        fix="Use a colour: bgcolor and background-color.",
    ),
    _CSS(
        "css-margin-auto",
        pattern=r"^margin(-left|-right)?:(.*\s)?auto\b",
        lacking="Outlook on Windows",
        tested="2019-10-01",
        page="css-margin",
        fix='Use align="center" on the cell around it.',
    ),
    _CSS(
        "css-margin-negative",
        pattern=r"^margin(-\w+)?:(.*\s)?-\d",
        lacking="Gmail, Outlook",
        tested="2019-10-01",
        page="css-margin",
        fix=_LEAVE,
    ),
    _CSS(
        "css-rem",
        pattern=r"\d\.?rem\b",
        lacking="Outlook on Windows, Yahoo, AOL",
        tested="2020-02-25",
        page="css-unit-rem",
        fix="Use px.",
    ),
    _CSS(
        "css-viewport-units",
        pattern=r"\d(vw|vh|vmin|vmax)\b",
        lacking="Outlook on Windows, Fastmail",
        tested="2020-02-25",
        page="css-unit-vw",
        fix="Use px or %.",
    ),
    _CSS(
        "css-calc",
        pattern=r"\b(calc|min|max|clamp)\(",
        lacking="Outlook, Yahoo, AOL, Gmail's apps with other accounts",
        tested="2020-02-25",
        page="css-unit-calc",
        fix="Use px or %.",
    ),
    _CSS(
        "css-transform",
        pattern=r"^transform:",
        lacking="Gmail, Outlook, Yahoo",
        tested="2019-02-28",
        page="css-transform",
        fix=_LEAVE,
    ),
    _CSS(
        "css-animation",
        pattern=r"^(animation|transition)(-[\w-]+)?:",
        lacking="Gmail, Outlook, Yahoo",
        tested="2021-05-25",
        page="css-animation",
        fix=_LEAVE,
    ),
    _CSS(
        "css-opacity",
        pattern=r"^opacity:",
        lacking="Outlook on Windows, Yahoo, AOL, Gmail on mobile webmail",
        tested="2019-02-28",
        page="css-opacity",
        fix="Write the colour it comes to.",
    ),
    _CSS(
        "css-filter",
        pattern=r"^(backdrop-)?filter:",
        lacking="Gmail, Outlook, Yahoo",
        tested="2019-02-28",
        page="css-filter",
        fix=_LEAVE,
    ),
    _CSS(
        "css-object-fit",
        pattern=r"^object-(fit|position):",
        lacking="Outlook on Windows, Yahoo, Gmail on mobile webmail",
        tested="2021-07-15",
        page="css-object-fit",
        fix="Cut the picture to its size.",
    ),
    _CSS(
        "css-clip-path",
        pattern=r"^(clip-path|mask(-\w+)*):",
        lacking="Gmail, Outlook, Yahoo",
        tested="2021-03-09",
        page="css-clip-path",
        fix=_LEAVE,
    ),
    _CSS(
        "css-colour-functions",
        pattern=r"\b(rgba|hsla|hwb|lab|lch|oklab|oklch|color|color-mix|light-dark)\(|\brgb\(\s*[\d.]+\s+\d",
        lacking="Outlook on Windows; Gmail drops the whole style for colours without commas: both",
        tested="2021-05-14",
        page="css-rgba",
        fix="Write the colour as #20262e.",
    ),
    _CSS(
        "css-border-radius",
        pattern=r"^border(-\w+)*-radius:",
        lacking="Outlook on Windows, GMX",
        tested="2021-03-09",
        page="css-border-radius",
        fix="It must look well with corners, too.",
        is_note=True,
    ),
    _CSS(
        "css-box-shadow",
        pattern=r"^box-shadow:",
        lacking="Gmail, Outlook on Windows, Yahoo",
        tested="2023-12-20",
        page="css-box-shadow",
        fix="It must look well without, too.",
        is_note=True,
    ),
    Support(
        "css-import",
        Kind.AT_RULE,
        "^@import$",
        "Gmail, Outlook, Yahoo, Thunderbird",
        "2019-02-28",
        "css-at-import",
        "Write the rules into style.css.",
    ),
    Support(
        "css-font-face",
        Kind.AT_RULE,
        "^@font-face$",
        "Gmail, Outlook, Yahoo",
        "2019-07-18",
        "css-at-font-face",
        "Name fonts that readers have.",
    ),
    Support(
        "css-keyframes",
        Kind.AT_RULE,
        "^@(-webkit-)?keyframes$",
        "Gmail, Outlook, Yahoo",
        "2021-05-25",
        "css-animation",
        _LEAVE,
    ),
    Support(
        "html-link",
        Kind.ATTRIBUTE,
        r'^link rel="[^"]*stylesheet',
        "Gmail, Outlook.com, Yahoo, Thunderbird",
        "2019-02-28",
        "html-link",
        "Write the rules into style.css.",
    ),
    Support(
        "html-picture",
        Kind.ELEMENT,
        "^picture$",
        "Gmail, Outlook, Yahoo",
        "2019-05-29",
        "html-picture",
        "Use an img with an alt text.",
    ),
    Support(
        "html-svg",
        Kind.ELEMENT,
        "^svg$",
        "Gmail, Outlook, Yahoo",
        "2020-02-06",
        "html-svg",
        "Use a PNG with an alt text.",
    ),
    Support(
        "html-form",
        Kind.ELEMENT,
        "^(form|input|button|select|textarea)$",
        "Outlook, Gmail and Yahoo on iOS",
        "2019-09-10",
        "html-form",
        "Link to a page that has the form.",
    ),
    Support(
        "html-video",
        Kind.ELEMENT,
        "^(video|audio|track)$",
        "Gmail, Outlook, Yahoo",
        "2019-09-16",
        "html-video",
        "Link to it.",
    ),
    Support(
        "image-base64",
        Kind.ATTRIBUTE,
        r'^\w+ src="\s*data:',
        "Gmail, Outlook on Windows",
        "2020-02-06",
        "image-base64",
        "Do without the picture.",
    ),
    Support(
        "image-svg",
        Kind.ATTRIBUTE,
        r'^img src="[^"]*\.svgz?(["?#])',
        "Gmail, Outlook on Windows",
        "2023-01-15",
        "image-svg",
        "Use a PNG.",
    ),
)


def _find(row: Support, mail: LintedMail) -> Iterator[tuple[str, str]]:
    for place, text in _READERS[row.kind](mail):
        if re.search(row.pattern, text):
            yield place, text if len(text) <= 80 else f"{text[:79]}…"


def _read_declarations(mail: LintedMail) -> Iterator[tuple[str, str]]:
    for place, declaration in mail.declarations():
        yield place, str(declaration)


def _read_at_rules(mail: LintedMail) -> Iterator[tuple[str, str]]:
    for sheet in mail.sheets:
        for name, _ in find_at_rules(sheet):
            yield "style sheet", name


def _read_attributes(mail: LintedMail) -> Iterator[tuple[str, str]]:
    for element in mail.elements:
        for name, value in element.items():
            yield where(element), f'{element.tag} {name.lower()}="{value.lower()}"'


def _read_elements(mail: LintedMail) -> Iterator[tuple[str, str]]:
    for element in mail.elements:
        yield where(element), element.tag


_READERS = {
    Kind.DECLARATION: _read_declarations,
    Kind.AT_RULE: _read_at_rules,
    Kind.ATTRIBUTE: _read_attributes,
    Kind.ELEMENT: _read_elements,
}

RULES = tuple(
    Rule(
        row.name,
        why=f"{row.lacking} leave it out (tested {row.tested}).",
        fix=row.fix,
        check=partial(_find, row),
        source=PAGE.format(row.page),
        is_note=row.is_note,
    )
    for row in SUPPORT
)
