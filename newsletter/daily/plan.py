"""Decides what of the public folder must be rendered: a daily build costs what the day brought.

The store marks the editions and keywords that a digest touched. What concerns every file (title,
templates, aliases, this program's version) is summed up in a fingerprint; where that changed, and where
the folder is new, everything is rendered. Rendering is left to `pages`.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from newsletter import __version__
from newsletter.daily.publisher import Publisher
from newsletter.daily.templates import stamp_templates
from newsletter.keywords import Vocabulary
from newsletter.model import EditionKind, Keyword, Paper
from newsletter.store import Transaction
from newsletter.store.editions import EditionFacts, list_editions
from newsletter.store.keywords import (
    find_published,
    list_former_addresses,
    list_published,
    list_retired,
)
from newsletter.store.outdated import Outdated, read_outdated
from newsletter.store.papers import list_editions_of, load_papers_of
from newsletter.store.settings import read_site_fingerprint
from newsletter.store.uses import KeywordUse, find_keyword_uses, list_common_uses, list_keyword_uses
from newsletter.store.vocabulary import load_vocabulary

LISTED_PAPERS = 2
LISTED_FOR = timedelta(days=30)
"""A keyword of fewer papers is listed for so long after its newest one."""


@dataclass(frozen=True)
class SitePlan:
    """What stands in the store, and which of its files are to be rendered."""

    vocabulary: Vocabulary
    editions: tuple[EditionFacts, ...]
    uses: Mapping[str, KeywordUse]
    """The wanted keywords, by slug, as far as they have papers."""
    published: Mapping[str, Keyword]
    """The wanted keywords that have, or once had, a page."""
    listed: tuple[KeywordUse, ...]
    """The keywords worth a list, the most common first."""
    linked: Container[str]
    """The slugs that have a page after this publication."""
    former_addresses: Mapping[str, tuple[str, ...]]
    """The slugs of keywords that were merged into another, by its slug: they keep working."""
    wanted_editions: frozenset[str]
    wanted_keywords: tuple[str, ...]
    """The slugs; those of the newest papers first, so that a paper's keywords lie close together."""
    outdated: Outdated
    fingerprint: str

    @property
    def is_empty(self) -> bool:
        return not (self.wanted_editions or self.wanted_keywords)

    def keyword(self, slug: str) -> Keyword:
        """Of a wanted slug, also where its last paper was taken back."""
        use = self.uses.get(slug)
        return use.keyword if use else self.published[slug]

    def touched_moments(self) -> list[datetime]:
        """When the papers of the wanted editions may have been published: their daily editions' first and
        last moments; the papers of one lie a second apart, before it."""
        return [
            moment
            for edition in self.editions
            if edition.name in self.wanted_editions and edition.kind is EditionKind.DAILY
            for end in (edition.published_at, edition.updated_at)
            for moment in (end, end - timedelta(seconds=edition.papers))
        ]


def make_plan(tx: Transaction, publisher: Publisher, *, out: Path | None, everything: bool) -> SitePlan:
    """`out` is another folder than the configured one: it gets everything."""
    outdated = read_outdated(tx)
    fingerprint = _fingerprint(publisher)
    is_new = out is not None or not (publisher.out / "index.html").exists()
    everything = everything or is_new or read_site_fingerprint(tx) != fingerprint
    if not everything and not outdated.seen:
        return _plan_nothing(outdated, fingerprint)
    vocabulary = load_vocabulary(tx, publisher.topics)
    editions = tuple(list_editions(tx))
    linked = find_linked(tx, publisher, vocabulary)
    if everything:
        uses, published = list_keyword_uses(tx, vocabulary), list_published(tx, vocabulary)
        names = {edition.name for edition in editions}
    else:
        uses = find_keyword_uses(tx, vocabulary, outdated.keywords)
        slugs = {vocabulary.resolve_normal(normal).slug for normal in outdated.keywords}
        published = find_published(tx, vocabulary, slugs)
        names = set(outdated.editions)
        if publisher.config.feeds.minimum_papers > 1:
            # A keyword that gets its page today is linked from today on wherever its papers stand.
            names |= _add_neighbours(tx, vocabulary, uses, published, linked)
    return SitePlan(
        vocabulary,
        editions,
        uses,
        published,
        listed=_list_keywords(tx, vocabulary, linked),
        linked=linked,
        former_addresses=list_former_addresses(tx, vocabulary),
        wanted_editions=frozenset(names),
        wanted_keywords=_order({*uses, *published}, uses, linked),
        outdated=outdated,
        fingerprint=fingerprint,
    )


def _plan_nothing(outdated: Outdated, fingerprint: str) -> SitePlan:
    """Without reading the archive: it would be asked for nothing."""
    return SitePlan(
        Vocabulary(),
        editions=(),
        uses={},
        published={},
        listed=(),
        linked=(),
        former_addresses={},
        wanted_editions=frozenset(),
        wanted_keywords=(),
        outdated=outdated,
        fingerprint=fingerprint,
    )


def _order(slugs: Iterable[str], uses: Mapping[str, KeywordUse], linked: Container[str]) -> tuple[str, ...]:
    used = sorted(slug for slug in slugs if slug in uses and slug in linked)
    used.sort(key=lambda slug: uses[slug].newest, reverse=True)
    return (*used, *sorted(slug for slug in slugs if slug not in uses and slug in linked))


def _add_neighbours(
    tx: Transaction,
    vocabulary: Vocabulary,
    uses: dict[str, KeywordUse],
    published: dict[str, Keyword],
    linked: Container[str],
) -> set[str]:
    """Adds the keywords that share a paper with one that gets its page; returns their papers' editions."""
    editions: set[str] = set()
    normals: set[str] = set()
    for slug in [slug for slug in uses if slug in linked and slug not in published]:
        spellings = uses[slug].spellings
        editions |= list_editions_of(tx, spellings)
        papers = load_papers_of(tx, vocabulary, spellings)
        normals |= {normal for paper in papers for normal in vocabulary.normals_of(paper.paper)}
    uses |= find_keyword_uses(tx, vocabulary, normals)
    published |= find_published(tx, vocabulary, uses)
    return editions


def _list_keywords(tx: Transaction, vocabulary: Vocabulary, linked: Container[str]) -> tuple[KeywordUse, ...]:
    """A sitemap holds 50,000 addresses, and a reader's patience less."""
    common = list_common_uses(tx, vocabulary, papers=LISTED_PAPERS, within=LISTED_FOR)
    uses = (use for slug, use in common.items() if slug in linked)
    return tuple(sorted(uses, key=lambda use: (-use.papers, use.keyword.slug)))


@dataclass(frozen=True, slots=True)
class _AllBut:
    """Every slug but these."""

    slugs: frozenset[str]

    def __contains__(self, slug: object) -> bool:
        return slug not in self.slugs


def find_linked(
    tx: Transaction, publisher: Publisher, vocabulary: Vocabulary, papers: Iterable[Paper] | None = None
) -> Container[str]:
    """The slugs that have a page, of the keywords that papers have: common enough, or published once;
    not retired. `papers`: it is enough to know it of theirs."""
    retired, minimum = list_retired(tx), publisher.config.feeds.minimum_papers
    if minimum <= 1:
        return _AllBut(retired)
    if papers is None:
        common = list_common_uses(tx, vocabulary, papers=minimum, within=None)
        return frozenset({*common, *list_published(tx, vocabulary)}) - retired
    normals = {normal for paper in papers for normal in vocabulary.normals_of(paper)}
    uses = find_keyword_uses(tx, vocabulary, normals)
    common = {slug: use for slug, use in uses.items() if use.papers >= minimum}
    return frozenset({*common, *find_published(tx, vocabulary, uses)}) - retired


def _fingerprint(publisher: Publisher) -> str:
    facts = [
        __version__,
        str(publisher.out),
        json.dumps(dataclasses.asdict(publisher.newsletter), default=str, sort_keys=True),
        json.dumps(dataclasses.asdict(publisher.config.feeds), default=str, sort_keys=True),
        publisher.topics.fingerprint,
        *stamp_templates(publisher),
    ]
    return hashlib.sha256("\n".join(facts).encode()).hexdigest()
