"""The keywords as the operator sees and mends them."""

from __future__ import annotations

from newsletter.daily.publisher import Publisher
from newsletter.errors import NotFound
from newsletter.model import FeedFormat, Keyword, feed_path, keyword_path
from newsletter.store.keywords import load_vocabulary, merge_keywords, retire_keyword
from newsletter.store.papers import load_papers_of
from newsletter.store.uses import KeywordUse, list_keyword_uses

_PAPERS_SHOWN = 5


def read_keywords(publisher: Publisher) -> list[KeywordUse]:
    """Every keyword of a published paper, the most common first."""
    with publisher.store.read() as tx:
        uses = list_keyword_uses(tx, load_vocabulary(tx, publisher.aliases))
    return sorted(uses.values(), key=lambda use: (-use.papers, use.keyword.label))


def describe_keyword(publisher: Publisher, written: str) -> list[str]:
    """Lines for a person. Raises NotFound where no paper has the keyword."""
    with publisher.store.read() as tx:
        vocabulary = load_vocabulary(tx, publisher.aliases)
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
    """Makes `old` a spelling of `new`; returns both as they were. Raises NotFound, AlreadyExists."""
    with publisher.store.write() as tx:
        return merge_keywords(tx, load_vocabulary(tx, publisher.aliases), old, new)


def retire(publisher: Publisher, written: str) -> Keyword:
    """Takes a keyword out of pages, feeds and links. Raises NotFound."""
    with publisher.store.write() as tx:
        vocabulary = load_vocabulary(tx, publisher.aliases)
        return retire_keyword(tx, vocabulary, written, now=publisher.clock())
