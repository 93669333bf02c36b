"""Telling hubs what changed, over a real line."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs

import pytest

from newsletter.site import changed_topics, ping_hubs
from tests.builders import make_newsletter

TOPICS = ("https://papers.test/feeds/all.atom", "https://papers.test/feeds/all.rss")


class Hub:
    """A hub on the loopback: keeps what it was told, and answers with `statuses` in turn, then 204."""

    def __init__(self, statuses: list[int]) -> None:
        self.statuses = statuses
        self.told: list[dict[str, list[str]]] = []
        self.silent = threading.Event()
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), self._make_handler())
        self.url = f"http://127.0.0.1:{self.server.server_port}/hub"

    def _make_handler(self) -> type[BaseHTTPRequestHandler]:
        hub = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                hub.told.append(parse_qs(body))
                if hub.statuses and hub.statuses[0] == 0:
                    hub.silent.wait(5)
                    return
                self.send_response(hub.statuses.pop(0) if hub.statuses else 204)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Keeps the output of the tests clean."""

        return Handler


@pytest.fixture
def start_hub() -> Iterator[Callable[..., Hub]]:
    hubs: list[Hub] = []

    def start(*statuses: int) -> Hub:
        hub = Hub([*statuses])
        hubs.append(hub)
        threading.Thread(target=hub.server.serve_forever, args=(0.01,), daemon=True).start()
        return hub

    yield start
    for hub in hubs:
        hub.silent.set()
        hub.server.shutdown()
        hub.server.server_close()


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
