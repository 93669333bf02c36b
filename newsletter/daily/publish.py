"""Publishes pages and feeds of everything stored: the third step of the job."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from newsletter.daily.publisher import Publisher
from newsletter.model import Edition, PublishedPaper, edition_path, keyword_path
from newsletter.render.pages import (
    KEYWORDS_PATH,
    render_edition_page,
    render_index,
    render_keyword_page,
    render_keywords_page,
    summarise_edition,
)
from newsletter.render.words import load_words
from newsletter.site import (
    KeywordPapers,
    PublicFile,
    PublicRank,
    SiteChange,
    changed_topics,
    feed_files,
    group_papers,
    ping_hubs,
    write_site,
)
from newsletter.store.editions import list_editions, load_edition
from newsletter.store.keywords import load_vocabulary
from newsletter.store.papers import load_papers

_log = logging.getLogger(__name__)


def publish_site(publisher: Publisher, *, out: Path | None = None) -> SiteChange:
    """Writes what changed of public/ (or `out`), and tells the hubs which feeds did.

    Everything is rendered before anything is written. Raises RenderError and StoreError; what stood
    before then stands. Hubs that cannot be reached are logged: readers poll.
    """
    with publisher.store.read() as tx:
        vocabulary = load_vocabulary(tx, publisher.aliases)
        editions = [load_edition(tx, facts, vocabulary) for facts in list_editions(tx)]
        papers = load_papers(tx, vocabulary)
    files = list(_public_files(publisher, editions, papers))
    change = write_site(out or publisher.out, files)
    hubs = publisher.config.feeds.hubs
    if hubs and out is None:
        for problem in ping_hubs(hubs, changed_topics(publisher.newsletter, change.written)):
            _log.warning("%s", problem)
    return change


def _public_files(
    publisher: Publisher, editions: list[Edition], papers: list[PublishedPaper]
) -> Iterator[PublicFile]:
    section = publisher.config.feeds
    groups = group_papers(papers, minimum_papers=section.minimum_papers)
    yield from _pages(publisher, editions, groups)
    yield from feed_files(
        publisher.newsletter,
        papers,
        editions={edition.name: edition.updated_at for edition in editions},
        minimum_papers=section.minimum_papers,
        empty_at=_beginning(publisher),
        hubs=section.hubs,
        words=load_words(publisher.newsletter.language).gettext,
    )


def _pages(
    publisher: Publisher, editions: list[Edition], groups: tuple[KeywordPapers, ...]
) -> Iterator[PublicFile]:
    newsletter, environment = publisher.newsletter, publisher.environment
    language = newsletter.language
    linked = frozenset(group.keyword.slug for group in groups)

    def page(path: str, data: bytes, rank: PublicRank = PublicRank.PAGE) -> PublicFile:
        return PublicFile(f"{path}index.html", data, rank)

    for edition in editions:
        data = render_edition_page(
            newsletter, edition, environment=environment, language=language, keyword_pages=linked
        )
        yield page(edition_path(edition.name), data)
    for group in groups:
        data = render_keyword_page(
            newsletter,
            group.keyword,
            group.papers,
            environment=environment,
            language=language,
            keyword_pages=linked,
        )
        yield page(keyword_path(group.keyword.slug), data)
    # The keywords of most papers first; those of one paper by their address.
    counts = [(group.keyword, len(group.papers)) for group in sorted(groups, key=lambda g: -len(g.papers))]
    data = render_keywords_page(newsletter, counts, environment=environment, language=language)
    yield page(KEYWORDS_PATH, data)
    data = render_index(
        newsletter,
        [summarise_edition(edition) for edition in editions],
        environment=environment,
        language=language,
        keyword_pages=linked,
    )
    yield page("", data, PublicRank.INDEX)


def _beginning(publisher: Publisher) -> datetime:
    """The date of a feed without papers: the newsletter's first day."""
    return publisher.midnight_after(publisher.newsletter.tag_date)
