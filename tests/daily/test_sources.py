"""The daily job with addresses and several sources: nothing shrinks, nothing half is mailed in silence."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from newsletter.daily.job import SendOptions
from newsletter.errors import DigestError
from newsletter.store.saving import SubscriberRow
from tests.daily.conftest import DAY, Newsroom
from tests.digests.servers import Answer, WebServer, run_web_server
from tests.running import write_paper


@pytest.fixture
def server() -> Iterator[WebServer]:
    with run_web_server() as running:
        yield running


def digest_of(*numbers: int, day: object = DAY) -> bytes:
    return f"# Papers for {day}\n\n{''.join(map(write_paper, numbers))}".encode()


def use(newsroom: Newsroom, *sources: str) -> None:
    newsroom.variables["NEWSLETTER_DIGEST__SOURCE"] = json.dumps(sources)
    newsroom.variables["NEWSLETTER_DIGEST__PRIVATE_ADDRESSES"] = "true"


def count_papers(newsroom: Newsroom, day: object = DAY) -> int:
    page = (newsroom.folder / "public" / "editions" / str(day) / "index.html").read_text(encoding="utf-8")
    return sum(f">Paper {number}<" in page for number in range(10))


def test_a_digest_that_is_the_same_is_not_sent_again_by_its_server(
    newsroom: Newsroom, server: WebServer
) -> None:
    server.answers["/x.md"] = [Answer(body=digest_of(1), headers={"ETag": '"1"'}), Answer(304)]
    use(newsroom, f"{server.address}/x.md")
    assert [newsroom.send().edition.revision for _ in range(2)] == [1, 1]
    assert server.heard("If-None-Match") == [None, '"1"']


def test_papers_of_several_sources_make_one_edition(newsroom: Newsroom, server: WebServer) -> None:
    server.answers["/x.md"] = Answer(body=digest_of(2, 3))
    newsroom.write_digest([write_paper(1), write_paper(2)])
    use(newsroom, "digests/", f"{server.address}/x.md")
    newsroom.subscribe(SubscriberRow("ann@readers.test"))
    newsroom.send()
    assert count_papers(newsroom) == 3


def test_an_edition_stands_although_an_address_shows_another_day_now(
    newsroom: Newsroom, server: WebServer
) -> None:
    """A folder keeps every day, an address shows one: yesterday's edition keeps what came from there."""
    before = DAY.replace(day=23)
    newsroom.write_digest([write_paper(1)], before)
    server.answers["/x.md"] = [Answer(body=digest_of(2, day=before)), Answer(body=digest_of(4))]
    use(newsroom, "digests/", f"{server.address}/x.md")
    newsroom.send()
    newsroom.write_digest([write_paper(3)])
    newsroom.send()
    assert (count_papers(newsroom, before), count_papers(newsroom)) == (2, 2)


def test_a_source_that_is_down_mails_nobody_and_the_edition_stands(
    newsroom: Newsroom, server: WebServer
) -> None:
    newsroom.write_digest([write_paper(1)])
    server.answers["/x.md"] = [Answer(body=digest_of(2)), Answer(403)]
    use(newsroom, "digests/", f"{server.address}/x.md")
    newsroom.send()
    newsroom.subscribe(SubscriberRow("ann@readers.test"))
    with pytest.raises(DigestError, match="answered 403"):
        newsroom.send()
    assert (count_papers(newsroom), newsroom.mails) == (2, {})
    report = newsroom.send(SendOptions(force=True))
    assert (count_papers(newsroom), report.edition.revision) == (2, 1)
    assert len(newsroom.mails) == 1


def test_force_sends_what_the_other_sources_have_and_the_rest_follows_on_the_pages(
    newsroom: Newsroom, server: WebServer
) -> None:
    newsroom.write_digest([write_paper(1)])
    newsroom.subscribe(SubscriberRow("ann@readers.test"))
    server.answers["/x.md"] = [Answer(403), Answer(body=digest_of(2))]
    use(newsroom, "digests/", f"{server.address}/x.md")
    report = newsroom.send(SendOptions(force=True))
    assert (count_papers(newsroom), len(newsroom.mails), len(report.broken)) == (1, 1, 1)
    newsroom.send()
    assert (count_papers(newsroom), len(newsroom.mails)) == (2, 1)


def test_no_credentials_stand_in_the_store(newsroom: Newsroom, server: WebServer) -> None:
    server.answers["/x.md?token=s3cret"] = Answer(body=digest_of(1), headers={"ETag": '"1"'})
    use(newsroom, server.address.replace("://", "://me:s3cret@") + "/x.md?token=s3cret")
    newsroom.send()
    for path in newsroom.folder.glob("newsletter.db*"):
        assert b"s3cret" not in path.read_bytes(), path
