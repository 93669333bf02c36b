"""Digests by HTTP, from a real server on loopback."""

from __future__ import annotations

from datetime import date

import pytest

from newsletter.digests import FetchLimits, read_source
from newsletter.errors import DigestError, DigestNotFound
from newsletter.model import Digest
from tests.builders import DAY
from tests.digests.digest_texts import write_digest, write_paper
from tests.digests.servers import Answer, WebServer, run_web_server

GOOD = Answer(body=write_digest(write_paper(0)).encode())


def fetch(url: str, **limits: float) -> Digest:
    """As an operator whose own network this is; failures come as fast as they can."""
    limits = {"private_addresses": True, "backoff_seconds": 0.0} | limits
    return read_source(url, today=DAY, limits=FetchLimits(**limits)).latest()  # type: ignore[arg-type]


def refusal(url: str, **limits: float) -> DigestError:
    with pytest.raises(DigestError) as caught:
        fetch(url, **limits)
    assert "\n" not in caught.value.message
    return caught.value


def test_a_digest_is_read_by_https(tls_server: WebServer) -> None:
    tls_server.answers["/2025-09-24.md"] = GOOD
    digest = fetch(f"{tls_server.address}/2025-09-24.md")
    assert (digest.date, digest.source) == (DAY, f"{tls_server.address}/2025-09-24.md")


def test_a_certificate_nobody_vouches_for_is_an_error(
    tls_server: WebServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SSL_CERT_FILE")
    assert "certificate verify failed" in refusal(f"{tls_server.address}/2025-09-24.md").message


def test_plain_http_is_read_only_from_private_addresses_that_are_configured(server: WebServer) -> None:
    server.answers["/2025-09-24.md"] = GOOD
    assert fetch(f"{server.address}/2025-09-24.md").date == DAY
    error = refusal(f"{server.address}/2025-09-24.md", private_addresses=False)
    assert "https" in error.message
    assert "private_addresses = true" in error.fix
    assert "https" in refusal("http://192.0.9.1/2025-09-24.md").message


def test_the_date_in_an_address_is_today_or_the_last_day_that_is_there(server: WebServer) -> None:
    server.answers["/2025-09-22/papers.md"] = Answer(body=write_paper(0).encode())
    source = f"{server.address}/{{date}}/papers.md"
    assert fetch(source).date == date(2025, 9, 22)
    assert server.asked == [f"/2025-09-{day}/papers.md" for day in (24, 23, 22)]
    with pytest.raises(DigestNotFound, match="2025-09-24 or of the 1 days before"):
        read_source(source, today=DAY, days_back=1, limits=FetchLimits(private_addresses=True))


@pytest.mark.parametrize("status", [404, 410])
def test_an_address_without_a_document_is_not_found(server: WebServer, status: int) -> None:
    server.answers["/x.md"] = Answer(status)
    assert isinstance(refusal(f"{server.address}/x.md"), DigestNotFound)


@pytest.mark.parametrize("status", [403, 501])
def test_any_other_answer_is_an_error_and_no_earlier_day_is_tried(server: WebServer, status: int) -> None:
    server.answers["/2025-09-24.md"] = Answer(status)
    error = refusal(f"{server.address}/{{date}}.md")
    assert str(status) in error.message
    assert not isinstance(error, DigestNotFound)
    assert len(server.asked) == 1


def test_redirects_are_followed_five_times(server: WebServer) -> None:
    for step in range(6):
        server.answers[f"/{step}"] = Answer(302, headers={"Location": f"/{step + 1}"})
    server.answers["/6"] = GOOD
    assert fetch(f"{server.address}/1").date == DAY
    assert "5 redirects" in refusal(f"{server.address}/0").message


def test_a_redirect_from_https_to_http_is_refused(tls_server: WebServer, server: WebServer) -> None:
    server.answers["/x.md"] = GOOD
    for location in ("http://papers.test/x.md", f"{server.address}/x.md", "ftp://127.0.0.1/x.md", "//["):
        tls_server.answers["/x.md"] = Answer(302, headers={"Location": location})
        refusal(f"{tls_server.address}/x.md")
    assert server.asked == []


def test_a_body_larger_than_the_limit_is_left_where_it_is(server: WebServer) -> None:
    server.answers["/x.md"] = Answer(body=b"x" * 100_000, repeat=1_000)
    assert "larger than 1,000,000 bytes" in refusal(f"{server.address}/x.md", max_bytes=1_000_000).message


def test_a_silent_server_is_not_waited_for(server: WebServer) -> None:
    server.answers["/x.md"] = Answer(body=b"x", pause=1.0)
    assert "0.2 seconds" in refusal(f"{server.address}/x.md", silence_seconds=0.2).message


def test_a_server_that_drips_is_not_waited_for(server: WebServer) -> None:
    server.answers["/x.md"] = Answer(body=b"x", pause=0.05, repeat=40)
    assert "longer than 0.3 seconds" in refusal(f"{server.address}/x.md", total_seconds=0.3).message


def test_a_server_that_is_not_there_is_an_error() -> None:
    with run_web_server() as gone:
        pass
    refused = refusal(f"{gone.address}/x.md")
    assert "cannot be reached (Connection refused)" in refused.message
    assert refused.fix == "check the address, and that its server is up"


def test_a_body_cut_short_is_an_error(server: WebServer) -> None:
    server.answers["/x.md"] = Answer(body=GOOD.body, headers={"Content-Length": "100000"})
    assert "transfer failed" in refusal(f"{server.address}/x.md").message


@pytest.mark.parametrize("url", ["https://[::1/x.md", "https:///x.md", "https://a:b/x.md", "http://\x01/x"])
def test_an_address_that_is_none_is_an_error(url: str) -> None:
    refusal(url)


def test_no_credentials_stand_in_any_message(server: WebServer) -> None:
    host = server.address.removeprefix("http://")
    server.answers["/2025-09-24.md?key=secret"] = GOOD
    server.answers["/broken.md?key=secret"] = Answer(body=b"\xff")
    server.answers["/error.md?key=secret"] = Answer(500)
    assert "secret" not in fetch(f"http://user:secret@{host}/2025-09-24.md?key=secret").source
    for path in ("broken.md", "error.md", "missing.md", "{date}-missing.md"):
        error = refusal(f"http://user:secret@{host}/{path}?key=secret#secret")
        assert "secret" not in f"{error.message} {error.source} {error.fix}"
        assert host in error.message
