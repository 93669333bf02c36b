"""A mail as the rules look at it: its two texts, its bytes, and the tree and style sheets of its HTML.

The only place of the lint that knows lxml. `where` names a place in a way that a person finds it again.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes
from functools import cached_property
from typing import Any

from lxml import etree
from lxml.cssselect import CSSSelector, SelectorError

from newsletter.render.lint.sheets import Declaration, Selector, StyleRule, parse_sheet, parse_style

Element = Any
"""An element of lxml, which has no types."""

_NOTHING = "<html></html>"
_UNSEEN = {"head", "style", "script", "title"}


@dataclass(frozen=True)
class LintedMail:
    """A mail: its HTML and text as a reader gets them, and the raw message.

    `logo` is the address of the one picture that may be loaded from elsewhere (empty: none may).
    """

    html: str
    text: str
    raw: bytes
    logo: str = ""

    @cached_property
    def tree(self) -> Element:
        tree = etree.fromstring(self.html.strip() or _NOTHING, etree.HTMLParser())
        return etree.fromstring(_NOTHING, etree.HTMLParser()) if tree is None else tree

    @cached_property
    def elements(self) -> tuple[Element, ...]:
        """Every element, in order; comments are none."""
        return tuple(self.tree.iter(etree.Element))

    @cached_property
    def sheets(self) -> tuple[str, ...]:
        """The texts of the style elements, but of those that only Outlook reads in its comments."""
        return tuple(each.text or "" for each in self.tag("style"))

    @cached_property
    def style_rules(self) -> tuple[StyleRule, ...]:
        return tuple(rule for sheet in self.sheets for rule in parse_sheet(sheet))

    @cached_property
    def hidden(self) -> frozenset[Element]:
        """The elements that nobody sees, with all that is in them."""
        roots = (
            each
            for each in self.elements
            if each.tag in _UNSEEN or any(str(one) == "display:none" for one in read_style(each))
        )
        return frozenset(each for root in roots for each in root.iter(etree.Element))

    @cached_property
    def links(self) -> tuple[Element, ...]:
        return self.tag("a")

    @cached_property
    def unsubscribe(self) -> str:
        """The address in List-Unsubscribe (RFC 2369), empty where the message has none."""
        head = self.raw.partition(b"\r\n\r\n")[0]
        field = str(message_from_bytes(head)["List-Unsubscribe"] or "")
        found = re.search(r"<\s*(https?:[^>]+)>", field)
        return re.sub(r"\s", "", found[1]) if found else ""

    def tag(self, *names: str) -> tuple[Element, ...]:
        return tuple(each for each in self.elements if each.tag in names)

    def select(self, selector: Selector) -> tuple[Element, ...]:
        """What the selector matches; nothing for one that depends on the reader, such as `:hover`."""
        try:
            return tuple(CSSSelector(selector.text, translator="html")(self.tree))
        except (SelectorError, etree.XPathError):
            return ()

    def declarations(self) -> Iterator[tuple[str, Declaration]]:
        """Every declaration with its place."""
        for element in self.elements:
            for declaration in read_style(element):
                yield where(element), declaration
        for rule in self.style_rules:
            for declaration in rule.declarations:
                place = ", ".join(selector.text for selector in rule.selectors)
                yield f"style sheet, {place}", declaration


def read_style(element: Element) -> tuple[Declaration, ...]:
    """What stands in the element's `style`."""
    return parse_style(element.get("style") or "")


def read_words(element: Element) -> str:
    """The words of an element, those that stand for its pictures too, with single spaces."""
    pieces = [element.text or ""]
    for child in element:
        pieces += [
            (child.get("alt") or "") if child.tag == "img" else read_words(child) if is_tag(child) else "",
            child.tail or "",
        ]
    return " ".join("".join(pieces).split())


def is_tag(node: Any) -> bool:
    """Whether a node is an element, no comment."""
    return isinstance(node.tag, str)


def where(element: Element) -> str:
    """An element's place: its line, its tag, and what tells it from others."""
    told = "".join(f' {name}="{element.get(name)}"' for name in ("id", "class") if element.get(name))
    return f"HTML line {element.sourceline}, <{element.tag}{told}>"
