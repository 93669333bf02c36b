"""keywords.toml changes between two publications: pages, feeds, addresses and choices follow."""

from __future__ import annotations

from datetime import timedelta

from newsletter.daily.publish import publish_site
from newsletter.daily.vocabulary import survey_keywords
from newsletter.keywords import make_slug
from newsletter.model import Preferences
from newsletter.store.keywords import find_address
from newsletter.store.saving import PREFERENCES, SubscriberRow
from tests.daily.conftest import DAY, Newsroom
from tests.running import write_paper


def _regroup(newsroom: Newsroom, text: str) -> None:
    (newsroom.folder / "keywords.toml").write_text(text, encoding="utf-8")
    publish_site(newsroom.open())


def _count_papers(newsroom: Newsroom, label: str) -> int:
    feed = newsroom.folder / "public" / "feeds" / "keywords" / f"{make_slug(label)}.atom"
    return feed.read_bytes().count(b"<entry>")


def _today(newsroom: Newsroom, label: str) -> object:
    publisher = newsroom.open()
    with publisher.store.read() as tx:
        return find_address(tx, publisher.topics, make_slug(label))


def test_a_published_keyword_that_a_group_takes_in_leaves_its_address_to_it(newsroom: Newsroom) -> None:
    newsroom.write_digest(
        [write_paper(0, keywords="**甲乙法**, **x**"), write_paper(1, keywords="**丙丁法**, **y**")]
    )
    newsroom.send()
    _regroup(newsroom, '"丙丁法" = ["甲乙法"]\n')
    assert _count_papers(newsroom, "甲乙法") == _count_papers(newsroom, "丙丁法") == 2
    assert _today(newsroom, "甲乙法") == make_slug("丙丁法")
    _regroup(newsroom, "")
    assert _count_papers(newsroom, "甲乙法") == _count_papers(newsroom, "丙丁法") == 1
    assert _today(newsroom, "甲乙法") == make_slug("甲乙法")


def test_so_does_one_that_was_written_in_the_plural_or_with_a_hyphen(newsroom: Newsroom) -> None:
    newsroom.write_digest(
        [write_paper(0, keywords="**zeta nets**, **x**"), write_paper(1, keywords="**Zeta-Net**, **y**")]
    )
    newsroom.send()
    _regroup(newsroom, '"泽塔网" = ["zeta net"]\n')
    for label in ("zeta nets", "Zeta-Net", "泽塔网"):
        assert _count_papers(newsroom, label) == 2
        assert _today(newsroom, label) == make_slug("泽塔网")
    newsroom.now += timedelta(days=1)
    newsroom.write_digest([write_paper(7, keywords="**泽塔网**, **z**")], DAY + timedelta(days=1))
    newsroom.send()
    assert _count_papers(newsroom, "zeta nets") == 3


def test_who_chose_a_spelling_gets_the_papers_of_its_group_and_again_without_it(newsroom: Newsroom) -> None:
    wish = Preferences(keywords=("zeta nets",))
    newsroom.subscribe(SubscriberRow("li@readers.test", "", wish, PREFERENCES))
    for day, groups, submitted in ((0, '"泽塔网" = ["zeta net"]\n', 1), (1, "", 0)):
        (newsroom.folder / "keywords.toml").write_text(groups, encoding="utf-8")
        newsroom.write_digest([write_paper(day, keywords="**泽塔网**, **z**")], DAY + timedelta(days=day))
        assert newsroom.send().counts.submitted == submitted
        newsroom.now += timedelta(days=1)


def test_a_keyword_that_a_group_takes_in_is_listed_once(newsroom: Newsroom) -> None:
    newsroom.write_digest([write_paper(0, keywords="**甲乙法**, **丙丁法**")])
    newsroom.send()
    _regroup(newsroom, '"丙丁法" = ["甲乙法"]\n')
    listed = {use.keyword.label: use.papers for use in survey_keywords(newsroom.open(), pairs=9).uses}
    assert listed == {"丙丁法": 1}
