"""The look that mails, pages and feeds share: colours for light and dark, a logo, and what can be read.

Colours are written `#rrggbb`. Which ones an operator chose is read in `config/`; where they are used is
left to the templates.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields

LEAST_CONTRAST = 4.5
"""Between text and what lies behind it (WCAG 2.2 §1.4.3, level AA)."""


def measure_contrast(one: str, other: str) -> float:
    """The contrast ratio of two colours, 1 to 21 (WCAG 2.2, "contrast ratio")."""
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    red, green, blue = (
        value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4
        for value in (channel / 255 for channel in _channels(colour))
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _channels(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


@dataclass(frozen=True, slots=True)
class Palette:
    """The colours of one scheme: `background` lies behind the text, `surround` around the sheet."""

    accent: str
    link: str
    text: str
    muted: str
    line: str
    background: str
    surround: str

    @property
    def chip(self) -> str:
        """Behind a keyword: half way from the background to the lines."""
        pairs = zip(_channels(self.background), _channels(self.line), strict=True)
        return "#" + "".join(f"{(one + other) // 2:02x}" for one, other in pairs)

    @property
    def variables(self) -> str:
        """The palette as custom properties, for the style sheets of pages and feeds."""
        return (
            f"--ground:{self.surround};--sheet:{self.background};--ink:{self.text};--muted:{self.muted};"
            f"--link:{self.link};--line:{self.line};--accent:{self.accent};--chip:{self.chip}"
        )

    def find_weak(self) -> Iterator[tuple[str, str, float]]:
        """The pairs that cannot be read well: what stands in front, what behind, and their contrast."""
        for behind in ("background", "surround", "chip"):
            for front in ("text", "link") if behind == "chip" else ("text", "link", "muted", "accent"):
                ratio = measure_contrast(getattr(self, front), getattr(self, behind))
                if ratio < LEAST_CONTRAST:
                    yield front, behind, ratio


COLOURS = tuple(field.name for field in fields(Palette))

LIGHT = Palette("#a8321f", "#0b57a4", "#20262e", "#5a6472", "#e4e7eb", "#ffffff", "#f2f3f5")
DARK = Palette("#f0937a", "#7fb6f0", "#e3e7ec", "#a3adb9", "#2b323b", "#171b21", "#0e1116")


@dataclass(frozen=True, slots=True)
class Theme:
    """Both schemes, and the address of a picture that stands for the title (empty: none)."""

    light: Palette = LIGHT
    dark: Palette = DARK
    logo: str = ""
    logo_width: int = 160
