"""A real server on a free port, over a store of its own with one digest and two subscribers."""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime, timedelta
from pathlib import Path

import httpx
import pytest

from newsletter.config import load_config
from newsletter.daily.publisher import Publisher, open_publisher
from newsletter.model import Digest, Paper, Preferences, Subscriber, SubscriberStatus
from newsletter.store.intake import take_in
from newsletter.store.saving import PREFERENCES, SubscriberRow, save_subscribers
from newsletter.store.subscribers import find_subscriber
from newsletter.tokens import Purpose, make_token
from newsletter.web.server import listen, make_server, show_address
from tests.builders import DAY, NOON, make_paper

ENVIRONMENT = {"NEWSLETTER_NEWSLETTER__BASE_URL": "https://papers.test/"}


@dataclasses.dataclass
class Site:
    """A publisher that is served, and what tests do with it."""

    publisher: Publisher
    client: httpx.Client

    @property
    def port(self) -> int:
        return self.client.base_url.port or 0

    def token(self, purpose: Purpose, email: str = "ada@example.test") -> str:
        return self.token_of(purpose, self.subscriber(email).public_id)

    def token_of(self, purpose: Purpose, subject: str) -> str:
        return make_token(self.publisher.key, purpose, subject)

    def subscriber(self, email: str = "ada@example.test") -> Subscriber:
        with self.publisher.store.read() as tx:
            return find_subscriber(tx, email)

    def status(self, email: str = "ada@example.test") -> SubscriberStatus:
        return self.subscriber(email).status

    def add(self, email: str, **wishes: object) -> None:
        row = SubscriberRow(email, preferences=Preferences(**wishes), named=PREFERENCES)  # type: ignore[arg-type]
        with self.publisher.store.write() as tx:
            save_subscribers(tx, [row], now=self.publisher.clock())

    def take_in(self, papers: list[Paper], *, days: int = 0) -> None:
        """A digest, `days` after the first one."""
        at = NOON + timedelta(days=days)
        digest = Digest(DAY + timedelta(days=days), "test", "test", tuple(papers))
        with self.publisher.store.write() as tx:
            take_in(tx, digest, published_at=at, now=at)

    def write(self, path: str, data: bytes = b"<!doctype html><p>" + b"page " * 300) -> Path:
        """A file of public/."""
        file = self.publisher.out / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)
        return file


@contextmanager
def serve(publisher: Publisher) -> Iterator[str]:
    """Runs a server in a thread, and gives its address."""
    server = make_server(publisher)
    with listen("127.0.0.1", 0) as listener:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            yield show_address(listener)
        finally:
            server.should_exit = True
            thread.join(timeout=20)
            assert not thread.is_alive()


OpenSite = Callable[..., Site]


@pytest.fixture
def open_site(tmp_path: Path) -> Iterator[OpenSite]:
    """Opens sites with variables of the environment; all are closed after the test."""
    with ExitStack() as stack:

        def open_one(clock: Callable[[], datetime] = lambda: NOON, **variables: str) -> Site:
            environment = ENVIRONMENT | {f"NEWSLETTER_{name}": value for name, value in variables.items()}
            publisher = open_publisher(load_config(None, environment, tmp_path), clock)
            stack.callback(publisher.close)
            address = stack.enter_context(serve(publisher))
            client = stack.enter_context(httpx.Client(base_url=address, trust_env=False, timeout=20))
            return Site(publisher, client)

        yield open_one


@pytest.fixture
def site(open_site: OpenSite) -> Site:
    """Ada gets all papers in Chinese, Bob those on 强化学习 in English."""
    opened = open_site()
    opened.take_in([make_paper(number) for number in range(3)])
    opened.add("ada@example.test")
    opened.add("bob@example.test", keywords=("强化学习",), language="en")
    return opened
