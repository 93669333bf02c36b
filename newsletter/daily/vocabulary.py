"""The keywords as the operator sees and mends them."""

from __future__ import annotations

from newsletter.daily.publisher import Publisher
from newsletter.errors import ConfigError, NotFound
from newsletter.keywords import normal_form
from newsletter.model import FeedFormat, Keyword, feed_path, keyword_path
from newsletter.store.keywords import merge_keywords, retire_keyword
from newsletter.store.papers import load_papers_of
from newsletter.store.uses import KeywordUse, list_keyword_uses
from newsletter.store.vocabulary import load_vocabulary

_PAPERS_SHOWN = 5


def read_keywords(publisher: Publisher) -> list[KeywordUse]:
    """Every keyword of a published paper, the most common first."""
    with publisher.store.read() as tx:
        uses = list_keyword_uses(tx, load_vocabulary(tx, publisher.topics))
    return sorted(uses.values(), key=lambda use: (-use.papers, use.keyword.label))


def describe_keyword(publisher: Publisher, written: str) -> list[str]:
    """Lines for a person. Raises NotFound where no paper has the keyword."""
    with publisher.store.read() as tx:
        vocabulary = load_vocabulary(tx, publisher.topics)
        keyword = vocabulary.resolve(written)
        use = list_keyword_uses(tx, vocabulary).get(keyword.slug)
        if use is None:
            raise NotFound(f"no paper has the keyword {written}", fix="newsletter keywords list shows them")
        papers = load_papers_of(tx, vocabulary, use.spellings, newest=_PAPERS_SHOWN)
    url = publisher.newsletter.url
    return [
        f"{keyword.label}: {use.papers} papers, the newest of {use.newest:%Y-%m-%d}",
        f"written as: {', '.join(use.spellings)}",
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
