"""Rules about links, and about what is loaded from elsewhere."""

from __future__ import annotations

import re

from newsletter.render.budget import BUDGET
from newsletter.render.lint.looks import in_a_sentence
from newsletter.render.lint.mail import LintedMail, read_style, read_words, where
from newsletter.render.lint.rules import Places, Rule
from newsletter.render.lint.sizes import measure_encoded

_EMPTY_WORDS = {
    *("here", "click", "click here", "this", "link", "this link", "more", "go"),
    *("这里", "这儿", "此处", "点击", "点击这里", "点击此处", "点我", "点这里", "点此"),
    *("链接", "此链接", "更多"),
}
_REMOTE = re.compile(r"^\s*(https?:)?//", re.IGNORECASE)
_REMOTE_URL = re.compile(r"url\(\s*['\"]?\s*((https?:)?//[^'\")\s]+)", re.IGNORECASE)
_LOADING = ("src", "srcset", "background", "poster", "data")
_ACTIVE = {"script", "iframe", "frame", "object", "embed", "applet", "base"}
_SMALL = {"0", "1", "2", "0px", "1px", "2px"}


def _find_empty(mail: LintedMail) -> Places:
    for link in mail.links:
        if not (link.get("href") or "").strip() and not link.get("name"):
            yield where(link), f"a link to nowhere: {read_words(link) or 'without words'}"


def _find_schemes(mail: LintedMail) -> Places:
    for link in mail.links:
        href = (link.get("href") or "").strip()
        if href and not href.startswith(("https://", "http://", "mailto:", "#")):
            yield where(link), f"a link to {href[:60]}"


def _find_words(mail: LintedMail) -> Places:
    for link in mail.links:
        words = read_words(link)
        if link.get("href") and words.strip("»›>→ .。!！").lower() in {"", *_EMPTY_WORDS}:
            yield where(link), f"a link that says {words!r}"


def _find_bare_links(mail: LintedMail) -> Places:
    for link in mail.links:
        is_bare = any(str(own) == "text-decoration:none" for own in read_style(link))
        if is_bare and link.get("href") and link not in mail.hidden and in_a_sentence(link):
            yield where(link), f"a link told by its colour alone: {read_words(link)[:40]}"


def _find_jumps(mail: LintedMail) -> Places:
    places = {each.get("id") for each in mail.elements} | {each.get("name") for each in mail.links}
    for link in mail.links:
        href = link.get("href") or ""
        if href.startswith("#") and href[1:] not in places:
            yield where(link), f"a jump to {href}, which is not there"


def _find_unsubscribe(mail: LintedMail) -> Places:
    address = mail.unsubscribe
    if not address:
        yield "message", "no List-Unsubscribe with an https address"
        return
    shown = [link for link in mail.links if link.get("href") == address and link not in mail.hidden]
    if not shown:
        yield "HTML", "no link to the address of List-Unsubscribe"
    elif measure_encoded(mail.html[: _offset(mail, address)]) >= BUDGET:
        yield where(shown[0]), "the unsubscribe link stands behind the clip"
    if address not in mail.text:
        yield "text", "no address of List-Unsubscribe"


def _offset(mail: LintedMail, address: str) -> int:
    return max(mail.html.find(address), mail.html.find(address.replace("&", "&amp;")))


def _find_remote(mail: LintedMail) -> Places:
    for element in mail.elements:
        if _is_pixel(element):
            continue
        for name in _LOADING:
            value = element.get(name) or ""
            if _REMOTE.match(value) and value != mail.logo:
                yield where(element), f"loads {value[:80]}"
        if element.tag == "link" and _REMOTE.match(element.get("href") or ""):
            yield where(element), f"loads {element.get('href')[:80]}"
    for place, declaration in mail.declarations():
        if found := _REMOTE_URL.search(declaration.value):
            yield place, f"loads {found[1][:80]}"


def _find_pixels(mail: LintedMail) -> Places:
    for image in mail.tag("img"):
        if _is_pixel(image):
            yield where(image), f"a picture that nobody sees: {(image.get('src') or '')[:80]}"


def _is_pixel(element: object) -> bool:
    get = getattr(element, "get", dict[str, str]().get)
    return getattr(element, "tag", "") == "img" and (get("width") in _SMALL or get("height") in _SMALL)


def _find_active(mail: LintedMail) -> Places:
    for element in mail.elements:
        if element.tag in _ACTIVE or (element.get("http-equiv") or "").lower() == "refresh":
            yield where(element), f"<{element.tag}>"
        for name in element.keys():  # noqa: SIM118 - an element's own iterator gives its children
            if name.lower().startswith("on"):
                yield where(element), f"the attribute {name}"


RULES = (
    Rule("link-empty", "It leads nowhere.", "Give it an address, or leave the link out.", _find_empty),
    Rule(
        "link-scheme",
        "Clients drop it, or warn of it.",
        "Link to https addresses.",
        _find_schemes,
    ),
    Rule(
        "link-words",
        "Screen readers read links out of their sentences (WCAG 2.2 §2.4.4).",
        "Say what it leads to.",
        _find_words,
    ),
    Rule(
        "link-underline",
        "Whoever does not see the colour does not see the link (WCAG 2.2 §1.4.1).",
        "Leave its underline.",
        _find_bare_links,
    ),
    Rule("jump", "It leads nowhere.", 'Give its target the id: cards have id="p1".', _find_jumps),
    Rule(
        "unsubscribe",
        "Without it readers complain instead, and providers demand it (RFC 8058, CAN-SPAM).",
        "Write {{ unsubscribe }} into edition.html and edition.txt, and keep the mail short.",
        _find_unsubscribe,
    ),
    Rule(
        "remote",
        "Clients load it only after asking; it tells the server who reads.",
        "Do without it; the logo is [theme] logo.",
        _find_remote,
    ),
    Rule("pixel", "It tracks readers, and filters know it.", "Leave it out.", _find_pixels),
    Rule(
        "active", "Every client removes it, and filters take it for an attack.", "Leave it out.", _find_active
    ),
)
