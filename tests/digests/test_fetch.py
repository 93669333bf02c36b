"""Fetching from real servers: what is sent once, tried again, refused, bounded and never shown."""

from __future__ import annotations

import dataclasses
import gzip
import logging
import socket
import ssl
import threading
import time
import traceback
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from newsletter.digests import FetchLimits, KeptDocument
from newsletter.digests.fetch import fetch_document
from newsletter.errors import DigestError, DigestNotFound
from tests.digests.servers import Answer, WebServer, run_web_server

OURS = FetchLimits(private_addresses=True)


@dataclass
class Shelf:
    """Keeps documents in memory."""

    documents: dict[str, KeptDocument] = field(default_factory=dict)

    def find(self, key: str) -> KeptDocument | None:
        return self.documents.get(key)

    def keep(self, key: str, document: KeptDocument) -> None:
        self.documents[key] = document


def fetch(url: str, *, kept: Shelf | None = None, waits: list[float] | None = None, **limits: float) -> bytes:
    waits = [] if waits is None else waits
    bounds = dataclasses.replace(OURS, **limits)  # type: ignore[arg-type]
    return fetch_document(url, bounds, kept=kept, sleep=waits.append, luck=lambda: 1.0)


def refusal(url: str, **options: Any) -> DigestError:
    with pytest.raises(DigestError) as caught:
        fetch(url, **options)
    assert "\n" not in caught.value.message
    return caught.value


def resolve_to(*addresses: Sequence[str]) -> Any:
    """A name server that gives each of the answers once, the last one for ever."""
    left = list(addresses)

    def getaddrinfo(host: str, port: int, *_: object, **__: object) -> list[Any]:
        found: Sequence[str] = [host] if host[0].isdigit() else left.pop(0) if len(left) > 1 else left[0]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (each, port)) for each in found]

    return getaddrinfo


# --- Conditional requests


@pytest.mark.parametrize("etag", ['"abc"', 'W/"abc"', '"abc-gzip"', "no-quotes", '"é"'])
def test_a_document_that_is_the_same_is_not_sent_again(server: WebServer, etag: str) -> None:
    shelf = Shelf()
    headers = {"ETag": etag, "Last-Modified": "Wed, 24 Sep 2025 08:00:00 GMT"}
    server.answers["/x.md"] = [Answer(body=b"text", headers=headers), Answer(304)]
    assert [fetch(f"{server.address}/x.md", kept=shelf) for _ in range(3)] == [b"text"] * 3
    assert server.heard("If-None-Match") == [None, etag, etag]
    assert server.heard("If-Modified-Since") == [None, None, None]


def test_a_server_without_entity_tags_is_asked_by_date(server: WebServer) -> None:
    shelf, moment = Shelf(), "Wed, 24 Sep 2025 08:00:00 GMT"
    server.answers["/x.md"] = [Answer(body=b"text", headers={"Last-Modified": moment}), Answer(304)]
    assert [fetch(f"{server.address}/x.md", kept=shelf) for _ in range(2)] == [b"text"] * 2
    assert server.heard("If-Modified-Since") == [None, moment]


def test_a_document_that_changed_takes_the_place_of_what_was_kept(server: WebServer) -> None:
    shelf = Shelf()
    old, new = (Answer(body=text, headers={"ETag": f'"{text.decode()}"'}) for text in (b"old", b"new"))
    server.answers["/x.md"] = [old, new, Answer(304)]
    assert [fetch(f"{server.address}/x.md", kept=shelf) for _ in range(3)] == [b"old", b"new", b"new"]
    assert server.heard("If-None-Match") == [None, '"old"', '"new"']


def test_what_has_no_validators_is_not_kept(server: WebServer) -> None:
    shelf = Shelf()
    server.answers["/x.md"] = Answer(body=b"text")
    server.answers["/long.md"] = Answer(body=b"text", headers={"ETag": "x" * 5_000})
    fetch(f"{server.address}/x.md", kept=shelf)
    fetch(f"{server.address}/long.md", kept=shelf)
    assert shelf.documents == {}


def test_a_304_that_nobody_asked_for_is_asked_about_past_all_caches(server: WebServer) -> None:
    server.answers["/x.md"] = [Answer(304), Answer(body=b"text")]
    assert fetch(f"{server.address}/x.md", kept=Shelf()) == b"text"
    assert server.heard("Cache-Control") == [None, "no-cache"]
    server.answers["/y.md"] = Answer(304)
    assert "answered 304 (tried 3 times)" in refusal(f"{server.address}/y.md").message


def test_validators_belong_to_the_address_that_gave_them(server: WebServer) -> None:
    shelf = Shelf()
    for day in ("/1.md", "/2.md"):
        server.answers[day] = Answer(body=day.encode(), headers={"ETag": '"same"'})
    server.answers["/latest"] = [Answer(302, headers={"Location": day}) for day in ("/1.md", "/2.md")]
    assert [fetch(f"{server.address}/latest", kept=shelf) for _ in range(2)] == [b"/1.md", b"/2.md"]
    assert server.heard("If-None-Match") == [None] * 4


def test_keys_of_what_is_kept_hold_no_credentials(server: WebServer) -> None:
    shelf = Shelf()
    server.answers["/x.md?token=secret"] = Answer(body=b"text", headers={"ETag": '"1"'})
    fetch(server.address.replace("://", "://me:secret@") + "/x.md?token=secret", kept=shelf)
    assert len(shelf.documents) == 1
    assert "secret" not in str(shelf.documents)


# --- Trying again


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504])
def test_what_may_be_over_in_a_moment_is_tried_three_times(server: WebServer, status: int) -> None:
    waits: list[float] = []
    server.answers["/x.md"] = [Answer(status), Answer(status), Answer(body=b"text")]
    assert fetch(f"{server.address}/x.md", waits=waits) == b"text"
    assert waits == [1.0, 2.0]
    server.answers["/y.md"] = Answer(status)
    assert refusal(f"{server.address}/y.md").message.endswith(f"answered {status} (tried 3 times)")


@pytest.mark.parametrize("status", [400, 401, 403, 418, 501, 505])
def test_what_would_be_answered_the_same_is_tried_once(server: WebServer, status: int) -> None:
    server.answers["/x.md"] = Answer(status)
    assert refusal(f"{server.address}/x.md").message.endswith(f"answered {status}")
    assert len(server.asked) == 1


@pytest.mark.parametrize("status", [404, 410])
def test_a_document_that_is_not_there_is_not_tried_again(server: WebServer, status: int) -> None:
    server.answers["/x.md"] = Answer(status)
    assert isinstance(refusal(f"{server.address}/x.md"), DigestNotFound)
    assert len(server.asked) == 1


def test_a_server_that_says_when_to_come_back_is_heard(server: WebServer) -> None:
    waits: list[float] = []
    server.answers["/x.md"] = [Answer(503, headers={"Retry-After": "7"}), Answer(body=b"text")]
    assert fetch(f"{server.address}/x.md", waits=waits) == b"text"
    assert waits == [7.0]
    server.answers["/y.md"] = Answer(429, headers={"Retry-After": "3600"})
    assert "answered 429" in refusal(f"{server.address}/y.md", waits=waits).message
    assert (waits, server.asked.count("/y.md")) == ([7.0], 1)


def test_no_wait_goes_beyond_the_whole_time(server: WebServer) -> None:
    waits: list[float] = []
    server.answers["/x.md"] = Answer(503, headers={"Retry-After": "7"})
    refusal(f"{server.address}/x.md", waits=waits, total_seconds=5.0)
    assert (waits, len(server.asked)) == ([], 1)


def test_a_server_that_is_away_or_silent_is_tried_again(server: WebServer) -> None:
    server.answers["/x.md"] = [Answer(body=b"x", pause=0.5), Answer(body=b"text")]
    assert fetch(f"{server.address}/x.md", silence_seconds=0.2) == b"text"
    with run_web_server() as gone:
        pass
    assert "(tried 3 times)" in refusal(f"{gone.address}/x.md").message


def test_a_body_cut_short_is_fetched_again(server: WebServer) -> None:
    server.answers["/x.md"] = [Answer(body=b"te", headers={"Content-Length": "4"}), Answer(body=b"text")]
    assert fetch(f"{server.address}/x.md") == b"text"


def test_a_certificate_nobody_vouches_for_is_not_tried_again(
    tls_server: WebServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SSL_CERT_FILE")
    waits: list[float] = []
    assert "certificate verify failed" in refusal(f"{tls_server.address}/x.md", waits=waits).message
    assert waits == []


# --- Where a digest may come from


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "me:pw@127.0.0.1",
        "localhost",
        "10.1.2.3",
        "169.254.169.254",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "2130706433",
    ],
)
def test_a_private_address_is_left_alone_unless_configured(host: str) -> None:
    error = refusal(f"https://{host}:9/x.md", private_addresses=False)
    assert "no public address" in error.message
    assert error.fix == "set [digest] private_addresses = true if this server is yours"


def test_no_redirect_leads_to_a_private_address(
    tls_server: WebServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first server passes as public; what it names does not."""
    monkeypatch.setattr("newsletter.digests.connect.is_public_address", lambda text: text == "127.0.0.1")
    for host in ("127.0.0.2", "10.0.0.1", "[::1]"):
        tls_server.answers["/x.md"] = Answer(302, headers={"Location": f"https://{host}:9/y.md"})
        error = refusal(f"{tls_server.address}/x.md", private_addresses=False)
        assert "no public address" in error.message
        assert error.message.startswith(f"{tls_server.address}/x.md: ")
    assert set(tls_server.asked) == {"/x.md"}


def test_a_name_is_resolved_once_and_the_judged_address_is_connected_to(
    tls_server: WebServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = int(tls_server.address.rpartition(":")[2])
    tls_server.answers["/x.md"] = Answer(body=b"text")
    # Judged as public, then changed: whoever asked again would be led elsewhere.
    monkeypatch.setattr("newsletter.digests.connect.is_public_address", lambda text: text == "127.0.0.1")
    monkeypatch.setattr(socket, "getaddrinfo", resolve_to(["127.0.0.1"], ["127.0.0.9"]))
    assert fetch(f"https://papers.test:{port}/x.md", private_addresses=False) == b"text"
    assert tls_server.heard("Host") == [f"papers.test:{port}"]
    assert "no public address" in refusal(f"https://papers.test:{port}/x.md", private_addresses=False).message


def test_of_several_addresses_of_a_name_only_the_public_ones_are_tried(
    tls_server: WebServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = int(tls_server.address.rpartition(":")[2])
    tls_server.answers["/x.md"] = Answer(body=b"text")
    monkeypatch.setattr("newsletter.digests.connect.is_public_address", lambda text: text != "127.0.0.8")
    monkeypatch.setattr(socket, "getaddrinfo", resolve_to(["127.0.0.8", "127.0.0.7", "127.0.0.1"]))
    assert fetch(f"https://papers.test:{port}/x.md", private_addresses=False) == b"text"


def test_the_certificate_is_checked_for_the_name(
    tls_server: WebServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = int(tls_server.address.rpartition(":")[2])
    monkeypatch.setattr(socket, "getaddrinfo", resolve_to(["127.0.0.1"]))
    assert "Hostname mismatch" in refusal(f"https://other.test:{port}/x.md").message


def test_plain_http_leads_only_to_private_addresses(
    server: WebServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", resolve_to(["1.1.1.1"]))
    assert "only https" in refusal("http://papers.test/x.md").message
    assert server.asked == []


@pytest.mark.parametrize("host", ["none.invalid", "a" * 64 + ".test", "a..test"])
def test_a_name_that_nobody_has_is_an_error(host: str) -> None:
    assert "cannot be reached" in refusal(f"https://{host}/x.md", total_seconds=20.0).message


@pytest.mark.parametrize("limits", [{"connect_seconds": 0.1}, {"total_seconds": 0.5}])
def test_a_name_server_that_does_not_answer_is_not_waited_for(
    monkeypatch: pytest.MonkeyPatch, limits: dict[str, float]
) -> None:
    answered = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: answered.wait(30) or [])
    began = time.monotonic()
    message = refusal("https://papers.test/x.md", **limits).message
    assert time.monotonic() - began < 15
    assert "no name server answers for its host" in message or "longer than 0.5 seconds" in message
    answered.set()


def test_no_proxy_of_the_environment_is_used(server: WebServer, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    server.answers["/x.md"] = Answer(body=b"text")
    assert fetch(f"{server.address}/x.md") == b"text"


# --- Credentials


def with_login(address: str) -> str:
    return address.replace("://", "://me:s%40cret@")


def test_user_and_password_go_to_their_own_host_alone(
    tls_server: WebServer, tls_context: ssl.SSLContext
) -> None:
    login = "Basic bWU6c0BjcmV0"
    with run_web_server(tls_context) as other:
        other.answers["/y.md"] = Answer(body=b"text")
        tls_server.answers["/x.md"] = Answer(302, headers={"Location": "/z.md"})
        tls_server.answers["/z.md"] = Answer(302, headers={"Location": f"{other.address}/y.md"})
        assert fetch(f"{with_login(tls_server.address)}/x.md") == b"text"
        assert tls_server.heard("Authorization") == [login, login]
        assert tls_server.heard("Host") == [tls_server.address.removeprefix("https://")] * 2
        assert other.heard("Authorization") == [None]


def test_no_credentials_stand_in_any_message_log_line_or_traceback(
    server: WebServer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    address = with_login(server.address)
    server.answers["/good.md?key=s%40cret"] = Answer(body=b"text")
    server.answers["/error.md?key=s%40cret"] = Answer(500)
    assert fetch(f"{address}/good.md?key=s%40cret") == b"text"
    shown = []
    for url in (
        f"{address}/error.md?key=s%40cret",
        f"{address}/missing.md?key=s%40cret",
        "https://me:s@cret/x@none.invalid/x.md",
        "https://me:s/s%40cret@none.invalid/x.md",
        "https://me:s%40cret@127.0.0.1:99999/x.md",
        "https://me:s%40cret@[::1/x.md",
        "ftp://me:s%40cret@127.0.0.1/x.md",
    ):
        error = refusal(url)
        shown += [error.message, error.source, error.fix, repr(error), *traceback.format_exception(error)]
    shown += [record.getMessage() for record in caplog.records]
    # Source lines of this test stand in its tracebacks; the secret is written otherwise there.
    told = [line for line in "\n".join(shown).splitlines() if "fetch(" not in line]
    assert not [line for line in told if "s%40cret" in line or "s@cret" in line or "bWU6" in line]


# --- Size and time


def test_a_packed_document_is_unpacked(server: WebServer) -> None:
    packed = gzip.compress(b"te") + gzip.compress(b"xt")
    server.answers["/x.md"] = Answer(body=packed, headers={"Content-Encoding": "gzip"})
    assert fetch(f"{server.address}/x.md") == b"text"
    assert server.heard("Accept-Encoding") == ["gzip"]


def test_a_packed_document_is_bounded_by_what_it_comes_to(server: WebServer) -> None:
    bomb = gzip.compress(b"\0" * 200_000_000, 6)
    server.answers["/x.md"] = Answer(body=bomb, headers={"Content-Encoding": "gzip"})
    began = time.monotonic()
    assert "larger than 1,000,000 bytes" in refusal(f"{server.address}/x.md", max_bytes=1_000_000).message
    assert time.monotonic() - began < 2
    packed_again = {"Content-Encoding": "gzip, gzip"}
    server.answers["/y.md"] = Answer(body=gzip.compress(bomb), headers=packed_again)
    assert "not asked for" in refusal(f"{server.address}/y.md").message


@pytest.mark.parametrize("body", [gzip.compress(b"text" * 9)[:-3], b"text", gzip.compress(b"text") + b"rest"])
def test_a_packed_document_that_is_broken_is_an_error(server: WebServer, body: bytes) -> None:
    server.answers["/x.md"] = Answer(body=body, headers={"Content-Encoding": "gzip"})
    assert "document" in refusal(f"{server.address}/x.md").message


def test_a_body_is_no_longer_than_the_limit_whatever_it_says(server: WebServer) -> None:
    for length in ({}, {"Content-Length": "100"}):
        server.answers["/x.md"] = Answer(body=b"x" * 100, headers=length)
        assert len(fetch(f"{server.address}/x.md", max_bytes=100)) == 100
        assert "larger than 99 bytes" in refusal(f"{server.address}/x.md", max_bytes=99).message


@pytest.mark.parametrize("drip", [True, False], ids=["headers", "body"])
def test_a_server_that_drips_is_cut_off_at_the_whole_time(server: WebServer, *, drip: bool) -> None:
    server.answers["/x.md"] = Answer(body=b"x", pause=0.05, repeat=60, drip=drip)
    began = time.monotonic()
    assert "longer than 0.3 seconds" in refusal(f"{server.address}/x.md", total_seconds=0.3).message
    assert time.monotonic() - began < 1
    assert len(server.asked) == 1


def test_a_server_that_never_shakes_hands_is_not_waited_for() -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute:
        url = f"https://127.0.0.1:{mute.getsockname()[1]}/x.md"
        assert "0.1 seconds" in refusal(url, connect_seconds=0.1).message
