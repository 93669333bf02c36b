"""Which papers a reader gets: one pure selection that mail and feed both use."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from newsletter.keywords.vocabulary import Vocabulary
from newsletter.model import Keyword, Preferences, PublishedPaper

_SLUG = re.compile(r"[a-z0-9-]{1,57}")


@dataclass(frozen=True, slots=True)
class Choice:
    """All papers (`slugs` is None) or those with any of these keywords; at most `limit` of them."""

    slugs: frozenset[str] | None = None
    limit: int | None = None

    @property
    def key(self) -> str:
        """The choice in one line, the same for everybody who chose the same."""
        slugs = "*" if self.slugs is None else ",".join(sorted(self.slugs))
        return slugs if self.limit is None else f"{slugs}|{self.limit}"

    @classmethod
    def from_key(cls, key: str) -> Choice:
        """The choice whose `key` this is."""
        slugs, _, limit = key.partition("|")
        chosen = None if slugs == "*" else frozenset(filter(None, slugs.split(",")))
        return cls(chosen, int(limit) if limit else None)


def make_choice(preferences: Preferences, vocabulary: Vocabulary) -> Choice:
    """The choice of a reader; a keyword no paper has yet is kept and matches later."""
    if preferences.keywords is None:
        return Choice(limit=preferences.limit)
    keywords = vocabulary.resolve_all(preferences.keywords)
    return Choice(frozenset([keyword.slug for keyword in keywords]), preferences.limit)


def find_keyword(asked: str, vocabulary: Vocabulary, by_slug: Mapping[str, Keyword]) -> Keyword:
    """The keyword that a person names by its slug or as it is written; `by_slug` holds those of papers.

    One that no paper has yet is a keyword all the same, and matches later.
    """
    keyword = vocabulary.resolve(asked)
    if asked in by_slug or keyword.slug in by_slug:
        return by_slug.get(asked, keyword)
    return Keyword(asked, asked) if _SLUG.fullmatch(asked) else keyword


class PaperIndex:
    """Papers by their keywords, for many choices among the same."""

    def __init__(self, papers: Sequence[PublishedPaper]) -> None:
        self._papers = tuple(papers)
        self._shown: defaultdict[str, list[int]] = defaultdict(list)
        self._broader: defaultdict[str, list[int]] = defaultdict(list)
        for place, paper in enumerate(papers):
            for keyword in paper.keywords:
                self._shown[keyword.slug].append(place)
            for keyword in paper.broader:
                self._broader[keyword.slug].append(place)

    def select(self, choice: Choice) -> tuple[PublishedPaper, ...]:
        """As `select_papers`."""
        if choice.slugs is None:
            return self._papers[: choice.limit]
        ranks: dict[int, int] = {}  # one shown keyword counts more than all that are only broader
        for places, weight in ((self._shown, len(choice.slugs) + 1), (self._broader, 1)):
            for slug in choice.slugs:
                for place in places.get(slug, ()):
                    ranks[place] = ranks.get(place, 0) - weight
        ranked = sorted(sorted(ranks), key=ranks.__getitem__)
        return tuple([self._papers[place] for place in ranked[: choice.limit]])


def select_papers(papers: Sequence[PublishedPaper], choice: Choice) -> tuple[PublishedPaper, ...]:
    """The chosen papers, ranked; the limit leaves out the last.

    First those that show most of the chosen keywords, then those with most of them as broader topics, else
    in their order; where all are chosen, in their order. Mails show them so; feeds sort by date.
    """
    return PaperIndex(papers).select(choice)
