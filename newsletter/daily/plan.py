"""Decides what of the public folder must be rendered: a daily build costs what the day brought.

The store marks the editions and keywords that a digest touched. What concerns every file (title,
templates, aliases, this program's version) is summed up in a fingerprint; where that changed, and where
the folder is new, everything is rendered. Rendering is left to `pages`.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from newsletter import __version__
from newsletter.daily.publisher import Publisher
from newsletter.keywords import Vocabulary
from newsletter.model import Keyword
from newsletter.shipped import shipped_path
from newsletter.store import Transaction
from newsletter.store.editions import EditionFacts, list_editions
from newsletter.store.keywords import PublishedKeyword, list_published, list_retired, load_vocabulary
from newsletter.store.outdated import Outdated, read_outdated
from newsletter.store.papers import KeywordUse, list_editions_of, list_keyword_uses, load_papers_of
from newsletter.store.settings import read_site_fingerprint

LISTED_FOR = timedelta(days=30)
"""So long after its newest paper a keyword of a single paper is listed."""


@dataclass(frozen=True)
class SitePlan:
    """What stands in the store, and which of its files are to be rendered."""

    vocabulary: Vocabulary
    editions: tuple[EditionFacts, ...]
    uses: Mapping[str, KeywordUse]
    """Every keyword of a published paper, by slug."""
    published: Mapping[str, PublishedKeyword]
    """The keywords that have, or once had, a page."""
    linked: frozenset[str]
    """The slugs that have a page after this publication."""
    wanted_editions: frozenset[str]
    wanted_keywords: frozenset[str]
    outdated: Outdated
    fingerprint: str

    @property
    def is_empty(self) -> bool:
        return not (self.wanted_editions or self.wanted_keywords)

    def keyword(self, slug: str) -> Keyword:
        """Of a linked slug, also where its last paper was taken back."""
        use = self.uses.get(slug)
        return use.keyword if use else self.published[slug].keyword

    @property
    def touched_moments(self) -> list[datetime]:
        """When the papers of the wanted editions may have been published: their editions' first and last
        moments; the papers of one lie a second apart, before it."""
        facts = [edition for edition in self.editions if edition.name in self.wanted_editions]
        lengths = {edition.name: timedelta(seconds=edition.papers) for edition in facts}
        return [
            moment
            for edition in facts
            for end in (edition.published_at, edition.updated_at)
            for moment in (end, end - lengths[edition.name])
        ]

    def former_addresses(self, slug: str) -> list[str]:
        """The slugs of keywords that were merged into this one: they keep working."""
        return [each for each, known in self.published.items() if known.merged_into == slug]

    def listed(self) -> list[KeywordUse]:
        """The keywords worth a list: of two papers or more, or lately seen; the most common first.

        A sitemap holds 50,000 addresses, and a reader's patience less. "Lately" is counted from the
        newest paper, not from a clock.
        """
        newest = max((use.newest for use in self.uses.values()), default=None)
        uses = [self.uses[slug] for slug in self.linked if slug in self.uses]
        listed = [use for use in uses if use.papers > 1 or _is_recent(use.newest, newest)]
        return sorted(listed, key=lambda use: (-use.papers, use.keyword.slug))


def make_plan(tx: Transaction, publisher: Publisher, *, out: Path | None, everything: bool) -> SitePlan:
    """`out` is another folder than the configured one: it gets everything."""
    vocabulary = load_vocabulary(tx, publisher.aliases)
    editions = tuple(list_editions(tx))
    uses = list_keyword_uses(tx, vocabulary)
    published = list_published(tx)
    linked = find_linked(tx, publisher, uses, published)
    outdated = read_outdated(tx)
    fingerprint = _fingerprint(publisher)
    is_new = out is not None or not (publisher.out / "index.html").exists()
    if everything or is_new or read_site_fingerprint(tx) != fingerprint:
        all_names = frozenset(edition.name for edition in editions)
        return SitePlan(
            vocabulary,
            editions,
            uses,
            published,
            linked,
            wanted_editions=all_names,
            wanted_keywords=linked,
            outdated=outdated,
            fingerprint=fingerprint,
        )
    touched = {vocabulary.resolve_normal(normal).slug for normal in outdated.keywords}
    names = set(outdated.editions)
    if publisher.config.feeds.minimum_papers > 1:
        # A keyword that gets its page today is linked from today on wherever its papers stand.
        for slug in (touched & linked) - published.keys():
            spellings = uses[slug].spellings
            names |= list_editions_of(tx, spellings)
            papers = load_papers_of(tx, vocabulary, spellings)
            touched |= {keyword.slug for paper in papers for keyword in paper.keywords}
    return SitePlan(
        vocabulary,
        editions,
        uses,
        published,
        linked,
        wanted_editions=frozenset(names),
        wanted_keywords=linked & touched,
        outdated=outdated,
        fingerprint=fingerprint,
    )


def find_linked(
    tx: Transaction,
    publisher: Publisher,
    uses: Mapping[str, KeywordUse],
    published: Mapping[str, PublishedKeyword],
) -> frozenset[str]:
    """The slugs that have a page: common enough, or published once; not retired."""
    minimum = publisher.config.feeds.minimum_papers
    standing = {slug for slug, known in published.items() if not known.merged_into}
    common = {slug for slug, use in uses.items() if use.papers >= minimum}
    return frozenset(standing | common) - list_retired(tx)


def _is_recent(date: datetime, newest: datetime | None) -> bool:
    return newest is not None and newest - date <= LISTED_FOR


def _fingerprint(publisher: Publisher) -> str:
    facts = [
        __version__,
        str(publisher.out),
        json.dumps(dataclasses.asdict(publisher.newsletter), default=str, sort_keys=True),
        json.dumps(dataclasses.asdict(publisher.config.feeds), default=str, sort_keys=True),
        json.dumps(publisher.aliases, ensure_ascii=False, sort_keys=True),
        *_stamps(shipped_path("templates")),
        *_stamps(publisher.config.templates.directory),
    ]
    return hashlib.sha256("\n".join(facts).encode()).hexdigest()


def _stamps(folder: Path) -> Iterator[str]:
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            status = path.stat()
            yield f"{path.relative_to(folder)} {status.st_size} {status.st_mtime_ns}"
