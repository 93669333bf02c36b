"""Two keywords become one: papers, choices and the old address follow."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from newsletter.daily.publish import publish_site
from newsletter.daily.vocabulary import describe_keyword, merge_into, survey_keywords
from newsletter.errors import AlreadyExists, ConfigError, NotFound
from newsletter.model import Preferences
from newsletter.store.saving import PREFERENCES, SubscriberRow
from tests.daily.conftest import DAY, Newsroom
from tests.hubs import started_hubs
from tests.running import Program, write_paper


@pytest.fixture
def merged(newsroom: Newsroom) -> Newsroom:
    newsroom.write_digest(
        [write_paper(0, keywords="**ZZMs**, **x one**"), write_paper(1, keywords="**big models**, **x two**")]
    )
    wish = Preferences(keywords=("ZZMs",))
    newsroom.subscribe(SubscriberRow("li@readers.test", "", wish, PREFERENCES))
    newsroom.send()
    merge_into(newsroom.open(), "ZZMs", "big models")
    publish_site(newsroom.open())
    return newsroom


def test_the_papers_of_both_stand_under_one_label(merged: Newsroom) -> None:
    labels = {use.keyword.label: use.papers for use in survey_keywords(merged.open(), pairs=9).uses}
    assert labels == {"big models": 2, "x one": 1, "x two": 1}
    page = (merged.folder / "public" / "editions" / "2025-09-24" / "index.html").read_text()
    assert "ZZMs" not in page


def test_the_old_address_goes_on_with_the_merged_feed_that_names_the_new_one(merged: Newsroom) -> None:
    feeds = merged.folder / "public" / "feeds" / "keywords"
    old, new = (feeds / "zzms.atom").read_bytes(), (feeds / "big-models.atom").read_bytes()
    assert old == new
    assert old.count(b"<entry>") == 2
    assert b'href="https://papers.example.org/feeds/keywords/big-models.atom" rel="self"' in old
    page = (merged.folder / "public" / "keywords" / "zzms" / "index.html").read_text()
    assert 'rel="canonical" href="https://papers.example.org/keywords/big-models/"' in page


def test_a_hub_is_told_of_the_feeds_under_their_own_addresses_alone(newsroom: Newsroom) -> None:
    newsroom.write_digest(
        [write_paper(0, keywords="**ZZMs**, **x one**"), write_paper(1, keywords="**big models**, **x two**")]
    )
    with started_hubs() as start:
        hub = start()
        newsroom.variables = {"NEWSLETTER_FEEDS__HUBS": hub.url}
        newsroom.send()
        assert "https://papers.example.org/feeds/keywords/zzms.rss" in hub.topics
        hub.told.clear()
        merge_into(newsroom.open(), "ZZMs", "big models")
        publish_site(newsroom.open())
    assert "https://papers.example.org/feeds/keywords/big-models.rss" in hub.topics
    assert not [topic for topic in hub.topics if "zzms" in topic]


def test_who_chose_the_old_one_gets_papers_of_the_new_one(merged: Newsroom) -> None:
    merged.now += timedelta(days=1)
    merged.write_digest([write_paper(7, keywords="**big models**, **y**")], DAY + timedelta(days=1))
    assert merged.send().counts.submitted == 1


def test_a_later_paper_reaches_the_old_address_too(merged: Newsroom) -> None:
    merged.now += timedelta(days=1)
    merged.write_digest([write_paper(7, keywords="**big models**, **y**")], DAY + timedelta(days=1))
    merged.send()
    feeds = merged.folder / "public" / "feeds" / "keywords"
    assert (feeds / "zzms.atom").read_bytes().count(b"<entry>") == 3


def test_what_was_merged_says_so_and_into_what(merged: Newsroom) -> None:
    told = describe_keyword(merged.open(), "zzms")
    assert told[:2] == ["ZZMs was merged into big models", "big models: 2 papers, the newest of 2025-09-24"]
    assert describe_keyword(merged.open(), "big models")[0].startswith("big models: ")
    merge_into(merged.open(), "big models", "x one")
    assert describe_keyword(merged.open(), "ZZMs")[0] == "ZZMs was merged into x one"
    assert describe_keyword(merged.open(), "big models")[0] == "big models was merged into x one"
    shown = Program(merged.folder).run("keywords", "show", "ZZMs")
    assert (shown.code, shown.out.splitlines()[0]) == (0, "ZZMs was merged into x one")


def test_what_was_merged_into_a_keyword_that_lost_its_papers_says_so(merged: Newsroom) -> None:
    merged.write_digest([write_paper(2, keywords="**other**")])
    merged.now += timedelta(hours=1)
    merged.send()
    with pytest.raises(
        NotFound, match="ZZMs was merged into big models; no paper has the keyword big models"
    ):
        describe_keyword(merged.open(), "ZZMs")


def test_merging_is_refused_with_a_reason(merged: Newsroom) -> None:
    with pytest.raises(AlreadyExists, match="one keyword already"):
        merge_into(merged.open(), "ZZMs", "big models")
    with pytest.raises(NotFound, match="nobody wrote"):
        merge_into(merged.open(), "nobody wrote this", "big models")


def test_merging_back_makes_no_circle(merged: Newsroom) -> None:
    merged.variables = {}
    (merged.folder / "keywords.toml").write_text('"ZZMs" = ["another spelling"]\n')
    merge_into(merged.open(), "big models", "ZZMs")
    publish_site(merged.open())
    assert {use.keyword.label for use in survey_keywords(merged.open(), pairs=9).uses} == {
        "ZZMs",
        "x one",
        "x two",
    }
    with pytest.raises(ConfigError, match=r"ZZMs is a topic of .*keywords.toml, which a merge does not move"):
        merge_into(merged.open(), "another spelling", "x one")


def test_a_keyword_is_described_with_its_spellings_and_newest_papers(merged: Newsroom) -> None:
    lines = describe_keyword(merged.open(), "big models")
    assert lines[0].startswith("big models: 2 papers")
    assert lines[1] == "also: zzms"
    with pytest.raises(NotFound):
        describe_keyword(merged.open(), "none such")


def test_the_list_tells_counts_new_keywords_and_pairs_that_may_be_one(newsroom: Newsroom) -> None:
    newsroom.now -= timedelta(days=10)
    newsroom.write_digest([write_paper(0, keywords="**图像分层**, **甲方法**")], DAY - timedelta(days=10))
    newsroom.send()
    newsroom.now += timedelta(days=10)
    newsroom.write_digest([write_paper(1, keywords="**图像的分层**, **甲方法**")])
    newsroom.send()
    survey = survey_keywords(newsroom.open(), pairs=5)
    assert (survey.uses[0].keyword.label, survey.uses[0].papers) == ("甲方法", 2)
    assert [use.keyword.label for use in survey.new] == ["图像的分层"]
    assert [{pair.old, pair.new} for pair in survey.near_duplicates] == [{"图像分层", "图像的分层"}]
    program = Program(newsroom.folder)
    shown = program.run("keywords", "list", "--most", "1").out
    assert "\n3 keywords\n     2  甲方法\n        and 2 more (--most 3)\n" in shown
    assert "may be one: newsletter keywords merge OLD NEW" in shown
    told = json.loads(program.run("keywords", "list", "--json").out)
    assert told["keywords"][0] == {"label": "甲方法", "slug": told["keywords"][0]["slug"], "papers": 2}
    assert len(told["near_duplicates"]) == 1
