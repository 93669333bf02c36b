"""The [theme] section → the look that mails, pages and feeds share, and whether it can be read."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from newsletter.config.sections import ThemeSection
from newsletter.model.theme import COLOURS, LEAST_CONTRAST, Palette, Theme

_COLOUR = re.compile(r"#(?:[0-9a-fA-F]{3}|[0-9a-fA-F]{6})")
_ADDRESS = re.compile(r"[!#-;=?-~]+")
_PREFIXES = ("", "dark_")


def read_theme(section: ThemeSection) -> Theme:
    """The theme of a section that `judge_theme` finds nothing wrong with."""
    light, dark = (_read_palette(section, prefix) for prefix in _PREFIXES)
    return Theme(light, dark, section.logo, section.logo_width)


def judge_theme(section: ThemeSection) -> Iterator[tuple[str, str]]:
    """Each key that cannot be right, and what is wrong with it."""
    if section.logo and not _is_picture(section.logo):
        yield "theme.logo", "must be an https address of a picture"
    for prefix in _PREFIXES:
        wrong = [name for name in COLOURS if not _COLOUR.fullmatch(getattr(section, prefix + name))]
        for name in wrong:
            yield f"theme.{prefix}{name}", "must be a colour as #0b57a4 or #05a"
        if not wrong:
            yield from _judge_palette(_read_palette(section, prefix), prefix)


def _judge_palette(palette: Palette, prefix: str) -> Iterator[tuple[str, str]]:
    for front, behind, ratio in palette.find_weak():
        # The chip is made of two colours of the table: its own name would tell nobody anything.
        place = (
            f"{prefix}{behind}" if behind in COLOURS else f"a keyword, between {prefix}line and background"
        )
        yield (
            f"theme.{prefix}{front}",
            f"{getattr(palette, front)} on {getattr(palette, behind)} ({place}) has a contrast of "
            f"{ratio:.2f}:1; less than {LEAST_CONTRAST}:1 is hard to read",
        )


def _read_palette(section: ThemeSection, prefix: str) -> Palette:
    return Palette(**{name: _write_long(getattr(section, prefix + name)) for name in COLOURS})


def _write_long(colour: str) -> str:
    digits = colour[1:].lower()
    return "#" + (digits if len(digits) == 6 else "".join(digit * 2 for digit in digits))


def _is_picture(address: str) -> bool:
    try:
        parts = urlsplit(address)
        return parts.scheme == "https" and bool(parts.hostname) and bool(_ADDRESS.fullmatch(address))
    except ValueError:
        return False
