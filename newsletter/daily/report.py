"""What a run came to, in the words of the design: for `--json`, for the log, for a person."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from newsletter.errors import DigestError, NewsletterError
from newsletter.model import DeliveryCounts, EditionKind
from newsletter.site import SiteChange
from newsletter.store.editions import EditionFacts
from newsletter.store.ledger import Trouble


@dataclass(frozen=True, slots=True)
class Takeover:
    """The transport that took over, and why the first took nothing."""

    transport: str
    reason: NewsletterError


@dataclass(frozen=True)
class SendReport:
    """A run of `send`. `submitted_now` and `failed_now` are this run's part of `counts`."""

    edition: EditionFacts
    counts: DeliveryCounts
    submitted_now: int
    failed_now: int
    planned_now: bool
    seconds: float
    transport: str
    stopped_by: NewsletterError | None = None
    busy: bool = False
    """Another process is delivering; this run left it alone."""
    troubles: tuple[Trouble, ...] = ()
    site: SiteChange | None = None
    broken: tuple[DigestError, ...] = ()
    given_up: int = 0
    """Deliveries of this run that failed because the edition is too old, without having been offered."""
    suppressed: tuple[str, ...] = ()
    """Addresses that do not exist: nothing more is mailed to them."""
    refused_by: tuple[str, ...] = ()
    """Domains that refused so many that it must be us ("*": all); nobody there was suppressed."""
    submitted_by: Mapping[str, int] = field(default_factory=dict)
    """How many of the submitted each transport took."""
    takeover: Takeover | None = None
    resumed: tuple[SendReport, ...] = ()
    """Earlier editions that were taken up again."""

    @property
    def did_something(self) -> bool:
        """The edition was new, or something of it was still open and went out, or was given up."""
        return self.planned_now or self.submitted_now > 0 or self.given_up > 0

    @property
    def is_free(self) -> bool:
        """Nothing stands in the way of another delivery."""
        return self.stopped_by is None and not self.busy

    @property
    def is_complete(self) -> bool:
        """Everything was handed over that can be: what failed for good in an earlier run is history."""
        open_ends = self.counts.pending + self.counts.unknown + self.failed_now + self.given_up
        unfinished = open_ends or self.busy or self.stopped_by
        return not unfinished and all(report.is_complete for report in self.resumed)

    def as_json(self) -> dict[str, Any]:
        return {
            "edition": self.edition.name,
            "kind": self.edition.kind.value,
            "revision": self.edition.revision,
            "planned": self.counts.planned,
            "submitted": self.counts.submitted,
            "failed": self.counts.failed,
            "skipped": self.counts.skipped,
            "unknown": self.counts.unknown,
            "pending": self.counts.pending,
            "seconds": round(self.seconds, 3),
            "transport": self.transport,
            "submitted_by": dict(self.submitted_by),
        }

    def as_line(self) -> str:
        """One line; the five counts add up to the planned ones."""
        counts, name = self.counts, self.edition.name
        if self.busy:
            return f"edition {name}: another newsletter process is delivering it"
        if self.edition.cancelled_at is not None:
            return f"edition {name} is cancelled: nobody more is mailed, {counts.submitted} had it"
        paused = f"paused: newsletter resume {name} lets it go on" if self.edition.paused_at else ""
        if not counts.planned and paused:
            return f"edition {name} is {paused}"
        if not counts.planned:
            return f"edition {name}: nobody to mail (no confirmed {self.edition.kind} subscriber)"
        parts = [
            f"{count} {state}"
            for count, state in (
                (counts.submitted, "submitted"),
                (counts.failed, "failed"),
                (counts.skipped, "skipped"),
                (counts.unknown, "unknown"),
                (counts.pending, "pending"),
            )
            if count
        ]
        line = f"edition {name}: {counts.planned} planned, {', '.join(parts)} ({self._show_transports()})"
        if paused:
            return f"{line}; {paused}"
        return line if self.did_something or not self.is_complete else f"{line}; nothing left to do"

    def _show_transports(self) -> str:
        """The configured one; how many each took where there were several."""
        if len(self.submitted_by) < 2 and self.takeover is None:
            return self.transport
        shares = sorted(self.submitted_by.items())
        return ", ".join(f"{name} {count}" for name, count in shares) or self.transport

    def notes(self) -> list[str]:
        """What an operator should know beside the counts, a line each."""
        gone = "does not exist: it is suppressed, nothing more is mailed to it"
        notes = [f"{address} {gone}" for address in self.suppressed]
        for domain in self.refused_by:
            who = "the mail server" if domain == "*" else domain
            notes.append(f"{who} refused so many addresses that it must be us: nobody there is suppressed")
        if self.takeover is not None:
            reason = self.takeover.reason
            fix = f" ({reason.fix})" if reason.fix else ""
            notes.append(f"{self.takeover.transport} took over from {self.transport}: {reason.message}{fix}")
        if self.given_up:
            name = self.edition.name
            of_day = f" --date {name}" if self.edition.kind is EditionKind.DAILY else ""
            again = f"newsletter send{of_day} --force --retry failed mails it all the same"
            notes.append(f"edition {name} is too old: {self.given_up} readers never got it; {again}")
        return notes


@dataclass(frozen=True)
class DayReport:
    """The daily run and the weekly one; `errors`: why there is no daily one, and what kept the week back."""

    daily: SendReport | None
    weekly: SendReport | None
    errors: tuple[NewsletterError, ...] = ()

    @property
    def reports(self) -> tuple[SendReport, ...]:
        """Those of all editions that were worked on, the daily one first."""
        both = [report for report in (self.daily, self.weekly) if report is not None]
        return tuple(each for report in both for each in (report, *report.resumed))

    @property
    def is_complete(self) -> bool:
        return not self.errors and all(report.is_complete for report in self.reports)

    def as_json(self) -> dict[str, Any] | None:
        """The daily run's document with the weekly one's in it; None where there was neither."""
        if self.daily is None and self.weekly is None:
            return None
        weekly = self.weekly.as_json() if self.weekly else None
        daily = self.daily.as_json() if self.daily else {**(weekly or {}), **_NO_DAILY}
        return {**daily, "weekly": weekly}


_COUNTS = ("revision", "planned", "submitted", "failed", "skipped", "unknown", "pending")
_NO_DAILY: dict[str, Any] = {
    "submitted_by": {},
    "edition": None,
    "kind": EditionKind.DAILY.value,
    **dict.fromkeys(_COUNTS, 0),
    "seconds": 0.0,
}
