"""Finds the files that come with the package but are not code: templates, catalogues, samples.

Which catalogues there are says which languages there are, for those who choose one and who read one.

They stand at the top of the checkout; the wheel carries them in `shipped_files/` (see
`force-include` in pyproject.toml). What is done with them is left to the other rooms.
"""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent

DOMAIN = "newsletter"
"""Of the gettext catalogues."""
SOURCE_LANGUAGE = "en"
"""The language that code and templates are written in: it needs no catalogue."""


def shipped_path(name: str) -> Path:
    """The folder or file called `name` ("templates", "subscribers/example.csv").

    Raises FileNotFoundError where the installation lacks it.
    """
    for root in (_PACKAGE / "shipped_files", _PACKAGE.parent):
        path = root / name
        if path.exists():
            return path
    raise FileNotFoundError(f"{name} is missing from this installation of newsletter")


def known_languages() -> tuple[str, ...]:
    """The languages that have words, as BCP 47 tags."""
    catalogues = shipped_path("locale").glob(f"*/LC_MESSAGES/{DOMAIN}.mo")
    return (SOURCE_LANGUAGE, *sorted(path.parts[-3].replace("_", "-") for path in catalogues))


def find_language(name: str) -> str | None:
    """The tag of a language named in any case, `zh_cn` for `zh-CN`; None where it has no words."""
    wanted = name.lower().replace("_", "-")
    return next((tag for tag in known_languages() if tag.lower() == wanted), None)
