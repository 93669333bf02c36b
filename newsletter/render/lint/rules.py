"""What a rule is, and what it finds."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from newsletter.render.lint.mail import LintedMail

Places = Iterable[tuple[str, str]]
"""Where a mail breaks a rule, and what stands there."""


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule by its name; `why` it matters, how to `fix` it, and the `source` of it where there is one.

    What breaks a rule `is_note` where the mail only looks plainer for it.
    """

    name: str
    why: str
    fix: str
    check: Callable[[LintedMail], Places]
    source: str = ""
    is_note: bool = False


@dataclass(frozen=True, slots=True)
class Finding:
    """A rule broken: where, and what stands there."""

    rule: str
    where: str
    what: str
    why: str
    fix: str
    source: str = ""
    is_note: bool = False
