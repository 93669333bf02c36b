"""What a check found: a state, a few words, and the fix that an operator can do."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from newsletter.errors import ConfigError, DigestError, DiskFailed, NewsletterError, StoreError

MEND = "mend it there"
"""Where the message names the place, and nothing else is to be said."""

_LONGEST = 300


class State(StrEnum):
    OK = "ok"
    WARNING = "warning"
    """A sending goes, but not as well as it could, or not all could be looked at."""
    WRONG = "wrong"
    """A sending would fail, or its mails would."""


class Area(StrEnum):
    """What has to be mended."""

    CONFIGURATION = "configuration"
    DIGEST = "digest"
    STORE = "store"


@dataclass(frozen=True, slots=True)
class Finding:
    """`name`: what was looked at."""

    name: str
    state: State
    message: str
    fix: str = ""
    area: Area = Area.CONFIGURATION

    def as_json(self) -> dict[str, str]:
        return {"name": self.name, "state": self.state.value, "message": self.message, "fix": self.fix}


@dataclass(frozen=True, slots=True)
class Examination:
    """All findings, in the order of the checks."""

    findings: tuple[Finding, ...]

    @property
    def is_ok(self) -> bool:
        """Nothing is wrong; warnings may stand."""
        return not self.wrong_areas

    @property
    def wrong_areas(self) -> frozenset[Area]:
        return frozenset(finding.area for finding in self.findings if finding.state is State.WRONG)

    def as_json(self) -> dict[str, Any]:
        return {"checks": [finding.as_json() for finding in self.findings], "ok": self.is_ok}


def well(name: str, message: str) -> Finding:
    return Finding(name, State.OK, message)


def warn(name: str, message: str, fix: str) -> Finding:
    return Finding(name, State.WARNING, message, fix)


def wrong(name: str, message: str, fix: str, area: Area = Area.CONFIGURATION) -> Finding:
    return Finding(name, State.WRONG, message, fix, area)


def explain(name: str, error: NewsletterError) -> list[Finding]:
    """An error of ours as what it would be for a sending: wrong, a finding for each problem."""
    problems: Iterable[str] = error.problems if isinstance(error, ConfigError) else (error.message,)
    fix = error.fix or MEND
    return [wrong(name, " ".join(problem.splitlines()), fix, _find_area(error)) for problem in problems]


def quote(text: str) -> str:
    """What others wrote, fit for a terminal: one short line without control characters."""
    line = " ".join("".join(each if each.isprintable() else " " for each in text).split())
    return line if len(line) <= _LONGEST else line[:_LONGEST] + "…"


def _find_area(error: NewsletterError) -> Area:
    if isinstance(error, (StoreError, DiskFailed)):
        return Area.STORE
    return Area.DIGEST if isinstance(error, DigestError) else Area.CONFIGURATION
