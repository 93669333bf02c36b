"""The keywords as the operator sees and mends them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from newsletter.daily.publisher import Publisher
from newsletter.errors import ConfigError, NotFound
from newsletter.keywords import normal_form
from newsletter.keywords.near_duplicates import NearDuplicate, find_near_duplicates
from newsletter.model import FeedFormat, Keyword, feed_path, keyword_path
from newsletter.store.keywords import find_merged, merge_keywords, read_first_seen, retire_keyword
from newsletter.store.papers import load_papers_of
from newsletter.store.uses import KeywordUse, list_keyword_uses
from newsletter.store.vocabulary import load_vocabulary

_PAPERS_SHOWN = 5
NEW_FOR = timedelta(days=7)
_COMPARED_FOR = timedelta(days=30)
_ALL_COMPARED = 20_000
"""With more keywords than that only those first seen within `_COMPARED_FOR` are compared with all."""


@dataclass(frozen=True, slots=True)
class KeywordSurvey:
    """The keywords of published papers: all and the new ones, the most common first; and what may be one.

    Of a store in its first days, where everything is new, nothing is.
    """

    uses: tuple[KeywordUse, ...]
    new: tuple[KeywordUse, ...]
    near_duplicates: tuple[NearDuplicate, ...]

    def as_json(self) -> dict[str, Any]:
        return {
            "keywords": [
                {"label": use.keyword.label, "slug": use.keyword.slug, "papers": use.papers}
                for use in self.uses
            ],
            "new": [use.keyword.label for use in self.new],
            "near_duplicates": [
                {"old": pair.old, "new": pair.new, "score": round(pair.score)}
                for pair in self.near_duplicates
            ],
        }


def survey_keywords(publisher: Publisher, *, pairs: int) -> KeywordSurvey:
    """New is what was first seen within `NEW_FOR`; at most so many `pairs` that may be one."""
    now = publisher.clock()
    with publisher.store.read() as tx:
        vocabulary = load_vocabulary(tx, publisher.topics)
        uses = sorted(
            list_keyword_uses(tx, vocabulary).values(), key=lambda use: (-use.papers, use.keyword.label)
        )
        first_seen = read_first_seen(tx)
    recent = [use for use in uses if _is_since(use, first_seen, now - _COMPARED_FOR)]
    near = find_near_duplicates(
        [use.keyword.label for use in uses],
        [use.papers for use in uses],
        recent=[use.keyword.label for use in recent] if len(uses) > _ALL_COMPARED else None,
        settled=[use.keyword.label for use in uses if publisher.topics.is_topic(use.keyword.label)],
        limit=pairs,
    )
    new = [use for use in recent if _is_since(use, first_seen, now - NEW_FOR)]
    return KeywordSurvey(tuple(uses), tuple(new) if len(new) < len(uses) else (), near)


def _is_since(use: KeywordUse, first_seen: Mapping[str, datetime], moment: datetime) -> bool:
    """Whether none of its spellings was seen before."""
    return all(first_seen.get(normal, moment) >= moment for normal in use.spellings)


def describe_keyword(publisher: Publisher, written: str) -> list[str]:
    """Lines for a person. Raises NotFound where no paper has the keyword."""
    with publisher.store.read() as tx:
        vocabulary = load_vocabulary(tx, publisher.topics)
        keyword = vocabulary.resolve(written)
        merged = find_merged(tx, vocabulary, publisher.topics.ground(written))
        told = [f"{merged.label} was merged into {keyword.label}"] if merged else []
        use = list_keyword_uses(tx, vocabulary).get(keyword.slug)
        if use is None:
            said = "; ".join([*told, f"no paper has the keyword {keyword.label if merged else written}"])
            raise NotFound(said, fix="newsletter keywords list shows them")
        papers = load_papers_of(tx, vocabulary, use.spellings, newest=_PAPERS_SHOWN)
    url = publisher.newsletter.url
    papers_told = "1 paper" if use.papers == 1 else f"{use.papers} papers"
    also = dict.fromkeys(each for each in (*keyword.aliases, *use.spellings) if each != keyword.label)
    return [
        *told,
        f"{keyword.label}: {papers_told}, the newest of {use.newest:%Y-%m-%d}",
        *([f"also: {', '.join(also)}"] if also else []),
        f"page: {url(keyword_path(keyword.slug))}",
        f"feed: {url(feed_path(FeedFormat.ATOM, keyword.slug))}",
        *(f"  {paper.edition}  {paper.paper.title}" for paper in papers),
    ]


def merge_into(publisher: Publisher, old: str, new: str) -> tuple[Keyword, Keyword]:
    """Makes `old` a spelling of `new`; returns both as they were.

    Raises NotFound, AlreadyExists, ConfigError.
    """
    with publisher.store.write() as tx:
        vocabulary = load_vocabulary(tx, publisher.topics)
        label = vocabulary.resolve(old).label
        if normal_form(label) in publisher.topics.own:
            fix = f"put its spellings under {new} there"
            raise ConfigError(
                [f"{label} is a topic of {publisher.config.keywords.file}, which a merge does not move"],
                fix=fix,
            )
        return merge_keywords(tx, vocabulary, old, new)


def retire(publisher: Publisher, written: str) -> Keyword:
    """Takes a keyword out of pages, feeds and links. Raises NotFound."""
    with publisher.store.write() as tx:
        vocabulary = load_vocabulary(tx, publisher.topics)
        return retire_keyword(tx, vocabulary, written, now=publisher.clock())
