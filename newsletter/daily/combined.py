"""Writes the feed of any choice of keywords as files, for hosts that cannot make it when it is asked for."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from newsletter.daily.plan import find_linked
from newsletter.daily.publisher import Publisher
from newsletter.errors import ConfigError
from newsletter.feeds import FEED_PAPERS, FeedBuilder, combined_feed
from newsletter.keywords import find_keyword
from newsletter.model import Keyword, combined_file_path
from newsletter.render.words import load_words
from newsletter.site import SiteChange, write_site
from newsletter.site.files import keyword_files, style_file
from newsletter.store.papers import load_papers_of
from newsletter.store.topics import refresh_topics
from newsletter.store.uses import list_keyword_uses
from newsletter.store.vocabulary import load_vocabulary


@dataclass(frozen=True, slots=True)
class CombinedFiles:
    """What was written, and the keywords that no paper has yet: their papers come later."""

    change: SiteChange
    unused: tuple[Keyword, ...]


def publish_combined(publisher: Publisher, asked: Iterable[str], *, out: Path) -> CombinedFiles:
    """The feed of the papers with any of the keywords `asked` for, in each format, in the folder `out`.

    Raises ConfigError for no keyword and for too many, StoreError.
    """
    publisher = publisher.with_fixed_ids()
    refresh_topics(publisher.store, publisher.topics, now=publisher.clock())
    newsletter = publisher.newsletter
    words = load_words(newsletter.language).gettext
    with publisher.store.read() as tx:
        vocabulary = load_vocabulary(tx, publisher.topics)
        uses = list_keyword_uses(tx, vocabulary)
        by_slug = {slug: use.keyword for slug, use in uses.items()}
        keywords = [find_keyword(each, vocabulary, by_slug) for each in asked]
        spellings = {normal for each in keywords if each.slug in uses for normal in uses[each.slug].spellings}
        try:
            feed = combined_feed(
                newsletter,
                keywords,
                load_papers_of(tx, vocabulary, spellings, newest=FEED_PAPERS),
                empty_at=publisher.midnight_after(newsletter.tag_date),
                words=words,
                path=combined_file_path,
            )
        except ValueError as error:
            raise ConfigError([f"--keywords: {error}"]) from error
        linked = find_linked(tx, publisher, vocabulary)
    builder = FeedBuilder(newsletter, words=words, linked=linked)
    change = write_site(out, [style_file(words), *keyword_files(builder, feed)])
    return CombinedFiles(change, tuple(each for each in keywords if each.slug not in uses))
