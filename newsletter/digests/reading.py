"""What sources hold: the digests, what could not be read, and which digest is the latest beyond doubt.

Pure: `source` does the reading.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from operator import attrgetter

from newsletter.digests.merge import merge_digests
from newsletter.digests.places import Document
from newsletter.digests.read import parse_digest
from newsletter.errors import DigestError, DigestNotFound
from newsletter.model import Digest, join_sources


@dataclass(frozen=True, slots=True)
class Flaw:
    """Something that could not be read, and the date that it is of; None: perhaps of any."""

    error: DigestError
    day: date | None = None


@dataclass(frozen=True, slots=True)
class SourceReading:
    """Everything the sources hold: one digest a date, oldest first, and what could not be read.

    `absent`: sources that have nothing for us today, which is no flaw of theirs.
    """

    sources: tuple[str, ...]
    digests: tuple[Digest, ...] = ()
    flaws: tuple[Flaw, ...] = ()
    absent: tuple[DigestNotFound, ...] = ()

    @property
    def source(self) -> str:
        return join_sources(self.sources)

    @property
    def broken(self) -> tuple[DigestError, ...]:
        """What a person should know of, whatever stands in the way of what."""
        return (*(flaw.error for flaw in self.flaws), *self.absent)

    def latest(self, *, force: bool = False) -> Digest:
        """The digest of the latest date.

        Raises DigestNotFound, or the error of something broken that may be newer or a part of it. With
        `force`, what the others of several sources have is taken as it stands.
        """
        newest = self.digests[-1].date if self.digests else date.min
        doubts = [flaw for flaw in self.flaws if (flaw.day or date.max) >= newest]
        if doubts and not self._goes_without(force):
            raise self._explain(max(doubts, key=lambda flaw: flaw.day or date.max).error)
        if not self.digests:
            fix = "put one there, named by its date: 2025-09-24.md"
            raise DigestNotFound(f"{self.source}: no digest there", source=self.source, fix=fix)
        return self.digests[-1]

    def of(self, day: date, *, force: bool = False) -> Digest:
        """The digest of `day`; raises as `latest` does."""
        found = next((digest for digest in self.digests if digest.date == day), None)
        # A single source that has the day has it whole, whatever else is broken in it.
        is_whole = found is not None and not self._are_several
        doubts = [flaw for flaw in self.flaws if flaw.day == day or (flaw.day is None and self._are_several)]
        if doubts and not is_whole and not (found and self._goes_without(force)):
            raise self._explain(doubts[0].error)
        if found is None:
            fix = "name a day that the source has"
            raise DigestNotFound(f"there is no digest of {day} in {self.source}", source=self.source, fix=fix)
        return found

    @property
    def _are_several(self) -> bool:
        return len(self.sources) > 1

    def _goes_without(self, force: bool) -> bool:
        return force and self._are_several and bool(self.digests)

    def _explain(self, error: DigestError) -> DigestError:
        if not (self._are_several and self.digests):
            return error
        fix = f"{error.fix or 'mend it'}; or take what the others have: newsletter send --force, and for "
        fix += "preview and build leave it out of [digest] source meanwhile"
        told = DigestError(error.message, source=error.source, line=error.line, fix=fix)
        told.__cause__ = error
        return told


def judge_documents(source: str, documents: Iterable[Document]) -> SourceReading:
    """Reads each document of one source.

    Two different digests of one date are an error that names both, and neither counts.
    """
    digests: list[Digest] = []
    flaws: list[Flaw] = []
    for document in documents:
        try:
            digests.append(_parse(document))
        except DigestError as error:
            flaws.append(Flaw(error, document.day))
    single, conflicts = _one_each_day(digests)
    return SourceReading((source,), tuple(single), (*flaws, *conflicts))


def merge_readings(readings: Sequence[SourceReading]) -> SourceReading:
    """What several sources hold together, the digests of one date merged in the order of the sources."""
    by_date = attrgetter("date")
    digests = sorted((digest for reading in readings for digest in reading.digests), key=by_date)
    return SourceReading(
        tuple(source for reading in readings for source in reading.sources),
        tuple(merge_digests(list(same_day)) for _, same_day in groupby(digests, by_date)),
        tuple(flaw for reading in readings for flaw in reading.flaws),
        tuple(error for reading in readings for error in reading.absent),
    )


def _one_each_day(digests: list[Digest]) -> tuple[list[Digest], list[Flaw]]:
    """The digests by date, and the dates that have several; equal ones (a link, a copy) are one."""
    single: list[Digest] = []
    conflicts: list[Flaw] = []
    by_date = attrgetter("date")
    for day, same_day in groupby(sorted(digests, key=by_date), by_date):
        first, *others = same_day
        if all(other.papers == first.papers for other in others):
            single.append(first)
        else:
            conflicts.append(Flaw(_conflict(first, others), day))
    return single, conflicts


def _parse(document: Document) -> Digest:
    if isinstance(document.content, DigestError):
        raise document.content
    return parse_digest(document.content, source=document.name, day=document.day)


def _conflict(first: Digest, others: list[Digest]) -> DigestError:
    names = " and ".join(digest.source for digest in (first, *others))
    return DigestError(
        f"{names}: different digests of {first.date}", source=first.source, fix="keep one of them"
    )
