"""Proofs: shows before anything is published that templates can be used, the operator's own above all.

Every template that has a name of ours is read and compiled, and the mail of a made-up edition is
rendered, which wants its cards, its blanks and its unsubscribe link. Pages that are only compiled
here are rendered before the first file is written (`site/`).
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import cast

from jinja2 import Environment, FileSystemLoader

from newsletter.errors import RenderError
from newsletter.model import Edition, EditionKind, Keyword, Newsletter, Paper, PublishedPaper, Sections
from newsletter.render.environment import find_template
from newsletter.render.mail import render_mail
from newsletter.shipped import SOURCE_LANGUAGE, shipped_path

_DAY = date(2025, 9, 24)
_NOON = datetime(2025, 9, 24, 12, tzinfo=UTC)
_NEWSLETTER = Newsletter(
    title="Newsletter",
    base_url="https://papers.invalid/",
    language=SOURCE_LANGUAGE,
    timezone="UTC",
    sender_name="Newsletter",
    sender_address="digest@papers.invalid",
    tag_authority="papers.invalid",
    tag_date=_DAY,
    postal_address="Street 1",
)
_PAPERS = (
    Paper(
        "Sections", "https://papers.invalid/1", "One. Two.", Sections("One.", "a", "b", "c", "d"), "2509.1"
    ),
    Paper("None", "https://papers.invalid/2", "One. Two.", Sections("One."), authors=("Ann",)),
)


def check_templates(environment: Environment) -> None:
    """Raises RenderError for a template that cannot be read, compiled or, in mails, used: which file
    and, where Jinja tells, which line."""
    names = sorted(FileSystemLoader(shipped_path("templates")).list_templates())
    for folder in cast("FileSystemLoader", environment.loader).searchpath:
        for name in names:
            _check_readable(Path(folder, name))
    for name in names:
        find_template(environment, name)
    render_mail(
        _make_edition(), _NEWSLETTER, language=SOURCE_LANGUAGE, intro="Words", environment=environment
    )


def _check_readable(path: Path) -> None:
    """Jinja takes a file that it cannot see for one that is not there, and uses ours in silence."""
    try:
        path.lstat()
    except FileNotFoundError:
        return
    except OSError as error:
        raise _refuse(path, error) from error
    try:
        path.open("rb").close()
    except OSError as error:
        raise _refuse(path, error) from error


def _refuse(path: Path, error: OSError) -> RenderError:
    return RenderError(
        f"{path}: cannot be read: {error.strerror}",
        template=str(path),
        fix="Mend its rights, or remove it to use the shipped one.",
    )


def _make_edition() -> Edition:
    papers = tuple(
        PublishedPaper(paper, (Keyword("agents", "agents"),), _NOON, _NOON, _DAY.isoformat())
        for paper in _PAPERS
    )
    return Edition(EditionKind.DAILY, _DAY, 1, _NOON, _NOON, papers)
