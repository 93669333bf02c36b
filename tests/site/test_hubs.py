"""Telling hubs what changed, over a real line."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from newsletter.site.hubs import changed_topics, ping_hubs
from tests.builders import make_newsletter
from tests.hubs import Hub, started_hubs

TOPICS = ("https://papers.test/feeds/all.atom", "https://papers.test/feeds/all.rss")


@pytest.fixture
def start_hub() -> Iterator[Callable[..., Hub]]:
    with started_hubs() as start:
        yield start


def test_every_hub_is_told_of_every_topic(start_hub: Callable[..., Hub]) -> None:
    hubs = [start_hub(), start_hub()]
    assert ping_hubs([hub.url for hub in hubs], TOPICS) == []
    for hub in hubs:
        assert hub.told == [{"hub.mode": ["publish"], "hub.url": [topic]} for topic in TOPICS]


def test_a_hub_that_stumbles_is_asked_once_more(start_hub: Callable[..., Hub]) -> None:
    hub = start_hub(503)
    assert ping_hubs([hub.url], TOPICS, pause=0) == []
    assert [told["hub.url"] for told in hub.told] == [[TOPICS[0]], [TOPICS[0]], [TOPICS[1]]]


def test_a_hub_that_keeps_failing_is_left_alone(start_hub: Callable[..., Hub]) -> None:
    failing, fine = start_hub(500, 500), start_hub()
    problems = ping_hubs([failing.url, fine.url], TOPICS, pause=0)
    assert problems == [f"hub {failing.url} was not told of 2 changed feeds: HTTP 500"]
    assert len(failing.told) == 2
    assert len(fine.told) == 2


def test_a_refused_topic_does_not_keep_the_others_back(start_hub: Callable[..., Hub]) -> None:
    hub = start_hub(404)
    assert ping_hubs([hub.url], TOPICS) == [f"hub {hub.url} was not told of {TOPICS[0]}: HTTP 404"]
    assert len(hub.told) == 2


def test_a_silent_hub_holds_nothing_up(start_hub: Callable[..., Hub]) -> None:
    hub = start_hub(0)
    problems = ping_hubs([hub.url], TOPICS[:1], timeout=0.1, pause=0)
    assert problems == [f"hub {hub.url} was not told of 1 changed feeds: timed out"]


@pytest.mark.parametrize("hub", ["http://127.0.0.1:1/", "no address", "http://[", ""])
def test_a_hub_that_cannot_be_reached_is_a_line_for_the_log(hub: str) -> None:
    [problem] = ping_hubs([hub], TOPICS, pause=0)
    assert problem.startswith(f"hub {hub} was not told of 2 changed feeds: ")


def test_only_feeds_are_topics() -> None:
    written = ("editions/2025-09-24/index.html", "feeds/all.atom", "feeds.opml", "feeds/keywords/a.rss")
    assert changed_topics(make_newsletter(), written) == (
        "https://papers.test/feeds/all.atom",
        "https://papers.test/feeds/keywords/a.rss",
    )
