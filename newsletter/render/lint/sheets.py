"""CSS as the rules look at it: declarations, and the rules of a style sheet. The only place with cssutils."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import cssutils
from cssutils.css import CSSRule


@dataclass(frozen=True, slots=True)
class Declaration:
    name: str
    value: str
    is_important: bool = False

    def __str__(self) -> str:
        return f"{self.name}:{self.value}"


@dataclass(frozen=True, slots=True)
class Selector:
    text: str
    specificity: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class StyleRule:
    """A rule inside the media query `media`, which is empty outside of any."""

    media: str
    selectors: tuple[Selector, ...]
    declarations: tuple[Declaration, ...]

    @property
    def is_dark(self) -> bool:
        return bool(re.search(r"prefers-color-scheme\s*:\s*dark", self.media))


def parse_style(text: str) -> tuple[Declaration, ...]:
    """The declarations of a `style` attribute; none of one that cannot be read."""
    return _try_style(text) or ()


def parse_sheet(text: str) -> tuple[StyleRule, ...]:
    """The rules of a style sheet, those in media queries too; what cannot be read is left out."""
    return _try_sheet(text) or ()


def is_style(text: str) -> bool:
    """Whether a `style` attribute can be read."""
    return _try_style(text) is not None


def is_sheet(text: str) -> bool:
    """Whether a style sheet can be read, and closes what it opens."""
    bare = re.sub(r"/\*.*?\*/|\"[^\"]*\"|'[^']*'", "", text, flags=re.DOTALL)
    return _try_sheet(text) is not None and bare.count("{") == bare.count("}")


# cssutils forgives most mistakes and trips over a few: whatever it raises then says that it cannot read.


@lru_cache(maxsize=1024)  # most elements share a few styles
def _try_style(text: str) -> tuple[Declaration, ...] | None:
    try:
        return _read_declarations(_parser().parseStyle(text, validate=False))
    except Exception:
        return None


@lru_cache(maxsize=16)
def _try_sheet(text: str) -> tuple[StyleRule, ...] | None:
    try:
        return tuple(_read_rules(_parser().parseString(text, validate=False).cssRules, ""))
    except Exception:
        return None


def find_at_rules(text: str) -> Iterator[tuple[str, int]]:
    """The at-rules of a style sheet by name, and how many others each stands in."""
    depth, open_at = 0, list[int]()
    for token in re.finditer(r"/\*.*?\*/|\"[^\"]*\"|'[^']*'|@[\w-]+|[{};]", text, re.DOTALL):
        if token[0] == "{":
            depth += 1
        elif token[0] == "}":
            depth -= 1
            while open_at and open_at[-1] >= depth:
                open_at.pop()
        elif token[0] == ";" and open_at and open_at[-1] == depth:
            open_at.pop()
        elif token[0].startswith("@"):
            yield token[0].lower(), len(open_at)
            open_at.append(depth)


@lru_cache(maxsize=1024)
def read_colour(value: str) -> str | None:
    """The first colour in a value, as #rrggbb; None where there is none, or one that shows what is behind."""
    if "#" not in value and not re.search(r"[a-z]", value, re.IGNORECASE):
        return None
    try:
        # The parser of styles forgives what that of values would raise for.
        read = _parser().parseStyle(f"color:{value}", validate=False).getProperty("color")
        values = list(read.propertyValue if read else ())
    except Exception:
        return None
    for each in values:
        if each.type == "COLOR_VALUE" and getattr(each, "alpha", 1) == 1 and each.value != "transparent":
            return f"#{each.red:02x}{each.green:02x}{each.blue:02x}"
    return None


@lru_cache(maxsize=1)
def _parser() -> Any:
    cssutils.log.setLevel(logging.CRITICAL)
    return cssutils.CSSParser(loglevel=logging.CRITICAL, validate=False, fetcher=lambda url: (None, b""))


def _read_rules(rules: Any, media: str) -> Iterator[StyleRule]:
    for rule in rules:
        if rule.type == CSSRule.MEDIA_RULE:
            yield from _read_rules(rule.cssRules, rule.media.mediaText)
        elif rule.type == CSSRule.STYLE_RULE:
            selectors = (Selector(each.selectorText, each.specificity) for each in rule.selectorList)
            yield StyleRule(media, tuple(selectors), _read_declarations(rule.style))


def _read_declarations(style: Any) -> tuple[Declaration, ...]:
    return tuple(
        Declaration(each.name.lower(), each.value.lower(), each.priority == "important")
        for each in style.getProperties(all=True)
    )
