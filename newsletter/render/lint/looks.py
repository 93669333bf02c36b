"""How the text of a mail comes out: its colours, its size and the height of its lines.

In light as a client shows it that drops every style sheet; in dark as one does that knows
`prefers-color-scheme`. A small cascade (W3C CSS Cascading Level 4 §6) of the few properties that the
rules ask for.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from newsletter.render.lint.mail import Element, LintedMail, is_tag, read_style
from newsletter.render.lint.sheets import Declaration, read_colour

_HEADINGS = {"h1": 2.0, "h2": 1.5, "h3": 1.17, "h4": 1.0, "h5": 0.83, "h6": 0.67, "small": 0.83}
_LENGTH = re.compile(r"(\d*\.?\d+)(px|pt|em|rem|%)?")
_FONT = re.compile(r"(?:^|\s)(\d*\.?\d+(?:px|pt|em|rem|%))(?:\s*/\s*([\w.%]+))?\s")
_FONT_SIZES = {"1": 10.0, "2": 13.0, "3": 16.0, "4": 18.0, "5": 24.0, "6": 32.0, "7": 48.0}
"""Of the element `font`, in pixels (WHATWG HTML §15.3.4)."""
_NORMAL = 1.2
"""What browsers take for `line-height:normal`, about."""


@dataclass(frozen=True, slots=True)
class Look:
    """Colours as #rrggbb; the size of the text and the height of a line in CSS pixels.

    `line` is a factor of the size, as lines are inherited, unless `fixed_line` says how high they are.
    """

    colour: str = "#000000"
    background: str = "#ffffff"
    size: float = 16.0
    line: float = _NORMAL
    fixed_line: float | None = None

    @property
    def line_height(self) -> float:
        return self.size * self.line if self.fixed_line is None else self.fixed_line


def find_looks(mail: LintedMail, *, dark: bool = False) -> Mapping[Element, Look]:
    """The look of every element."""
    rules = _match_dark(mail) if dark else {}
    looks: dict[Element, Look] = {}
    for element in mail.elements:
        parent = element.getparent()
        inherited = looks.get(parent, Look()) if parent is not None else Look()
        looks[element] = _dress(element, inherited, rules.get(element, ()))
    return looks


def find_texts(mail: LintedMail) -> Iterator[tuple[Element, str]]:
    """Every visible element that has words of its own, and those."""
    for element in mail.elements:
        if element not in mail.hidden:
            pieces = (element.text, *(child.tail for child in element))
            words = "".join(filter(None, pieces)).strip()
            if element.tag == "img":
                words = (element.get("alt") or "").strip()
            if words:
                yield element, words


def _match_dark(mail: LintedMail) -> Mapping[Element, list[Declaration]]:
    """What the dark rules say of each element, the strongest last."""
    matched: dict[Element, list[tuple[tuple[int, ...], Declaration]]] = {}
    for rule in mail.style_rules:
        if not rule.is_dark:
            continue
        for selector in rule.selectors:
            for element in mail.select(selector):
                matched.setdefault(element, []).extend(
                    (selector.specificity, declaration) for declaration in rule.declarations
                )
    return {
        element: [declaration for _, declaration in sorted(found, key=lambda each: each[0])]
        for element, found in matched.items()
    }


def _dress(element: Element, inherited: Look, dark: list[Declaration] | tuple[()]) -> Look:
    look = inherited
    if element.tag in _HEADINGS:
        look = replace(look, size=look.size * _HEADINGS[element.tag])
    if element.tag == "a":
        look = replace(look, colour="#0000ee")
    look = replace(
        look,
        colour=read_colour(element.get("color") or "") or look.colour,
        background=read_colour(element.get("bgcolor") or "") or look.background,
        size=_FONT_SIZES.get(element.get("size") or "", look.size) if element.tag == "font" else look.size,
    )
    inline = read_style(element)
    in_order = (
        *(each for each in dark if not each.is_important),
        *inline,
        *(each for each in dark if each.is_important),
    )
    # A line's height may depend on the size that stands behind it.
    longhand = (each for declaration in in_order for each in _write_out(declaration))
    for declaration in sorted(longhand, key=lambda each: each.name == "line-height"):
        look = _put_on(look, declaration, inherited)
    return look


def _write_out(declaration: Declaration) -> Iterator[Declaration]:
    """The size and the lines that the shorthand `font` sets; every other declaration as it is."""
    found = _FONT.search(declaration.value) if declaration.name == "font" else None
    if found is None:
        yield declaration
    else:
        yield Declaration("font-size", found[1])
        yield Declaration("line-height", found[2] or str(_NORMAL))


def _put_on(look: Look, declaration: Declaration, inherited: Look) -> Look:
    name, value = declaration.name, declaration.value
    if name in ("background", "background-color"):
        return replace(look, background=read_colour(value) or look.background)
    if name == "color":
        own = inherited.colour if value == "inherit" else look.colour
        return replace(look, colour=read_colour(value) or own)
    if name == "font-size":
        size = _read_length(value, inherited.size, 16.0)
        return look if size is None else replace(look, size=size)
    if name == "line-height" and (found := _LENGTH.fullmatch(value)):
        if found[2] is None:
            return replace(look, line=float(found[1]), fixed_line=None)
        return replace(look, fixed_line=_read_length(value, look.size, 16.0))
    return look


def _read_length(value: str, own: float, root: float) -> float | None:
    found = _LENGTH.fullmatch(value)
    if found is None or found[2] is None:
        return None
    factors = {"px": 1.0, "pt": 4 / 3, "em": own, "rem": root, "%": own / 100}
    return float(found[1]) * factors[found[2]]


def in_a_sentence(link: Element) -> bool:
    """Whether words stand around the link in its own line, not only other links and signs between them."""
    parent = link.getparent()
    if parent is None:
        return False
    pieces = [parent.text or ""]
    for child in parent:
        pieces.append(child.tail or "")
        if is_tag(child) and child.tag not in ("a", "br", "img"):
            pieces.append("".join(child.itertext()))
    return bool(re.search(r"\w{2}", re.sub(r"[\d_]+", " ", "".join(pieces))))
