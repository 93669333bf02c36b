"""The server as a process: where it listens, what it says, how it ends."""

from __future__ import annotations

import logging
import os
import signal
import socket
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
import sqlalchemy as sa

from newsletter.errors import ConfigError
from newsletter.tokens import Purpose
from newsletter.web.server import listen, run_server, show_address
from tests.web.conftest import OpenSite, Site

PROGRAM = textwrap.dedent("""
    import logging, os, sys
    from datetime import UTC, datetime
    from pathlib import Path
    from newsletter.config import load_config
    from newsletter.daily.publisher import open_publisher
    from newsletter.web.server import run_server

    logging.basicConfig(level=logging.INFO, format="%(message)s")
    publisher = open_publisher(load_config(None, {}, Path.cwd()), lambda: datetime.now(UTC))
    run_server(publisher, host="127.0.0.1", port=0)
    publisher.close()
    print("closed")
""")


@contextmanager
def run_program(folder: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """The server as a program of its own, and its address once it has told it."""
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(Path.cwd())},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as program:
        try:
            assert program.stderr is not None
            lines = (line for line in program.stderr if line.startswith("serving on "))
            yield program, next(lines).split()[-1]
        finally:
            program.kill()


def test_a_signal_right_after_the_word_that_it_serves_is_not_lost(tmp_path: Path) -> None:
    with run_program(tmp_path) as (program, _):
        program.send_signal(signal.SIGTERM)
        assert program.communicate(timeout=20)[0] == "closed\n"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_in_order(tmp_path: Path, number: signal.Signals) -> None:
    with run_program(tmp_path) as (program, address):
        assert httpx.get(f"{address}/healthz", trust_env=False).json() == {"status": "ok"}
        program.send_signal(number)
        out, log = program.communicate(timeout=20)
        assert program.returncode == 0
        assert out == "closed\n"
        assert "Traceback" not in log


def test_a_port_in_use_is_one_line_with_its_fix(site: Site) -> None:
    with pytest.raises(ConfigError) as caught:
        run_server(site.publisher, host="127.0.0.1", port=site.port)
    assert caught.value.problems == (f"cannot listen on 127.0.0.1, port {site.port}: Address already in use",)
    assert "--port" in caught.value.fix


@pytest.mark.parametrize("host", ["192.0.2.1", "fe80::1%nowhere", "a..b", "x" * 70])
def test_a_host_that_is_not_ours_is_one_line_with_its_fix(host: str) -> None:
    with pytest.raises(ConfigError) as caught:
        listen(host, 0)
    assert host in caught.value.problems[0]
    assert "--host" in caught.value.fix


def test_an_address_is_shown_as_browsers_take_it() -> None:
    with listen("127.0.0.1", 0) as listener:
        assert show_address(listener) == f"http://127.0.0.1:{listener.getsockname()[1]}"


def test_an_answer_is_not_held_until_its_head_was_acknowledged() -> None:
    with (
        listen("127.0.0.1", 0) as listener,
        socket.create_connection(listener.getsockname()),
        listener.accept()[0] as accepted,
    ):
        assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


@pytest.mark.skipif(not socket.has_dualstack_ipv6(), reason="this machine has no IPv6")
def test_ipv6_is_listened_on_too() -> None:
    with listen("::1", 0) as listener:
        assert show_address(listener).startswith("http://[::1]:")


def test_the_log_names_no_token(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    token = site.token(Purpose.UNSUBSCRIBE)
    with caplog.at_level(logging.INFO, logger="uvicorn.access"):
        site.client.get(f"/unsubscribe/{token}?again=1")
        site.client.get(f"/feeds/personal/{token}.atom")
        site.client.get("/feeds/all.atom")
    assert token not in caplog.text
    assert '"GET /unsubscribe/…?again=1 HTTP/1.1" 200' in caplog.text
    assert '"GET /feeds/personal/….atom HTTP/1.1" 404' in caplog.text
    assert '"GET /feeds/all.atom HTTP/1.1" 404' in caplog.text


def test_a_proxy_on_this_machine_says_who_asks(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, logger="uvicorn.access"):
        site.client.get("/healthz", headers={"X-Forwarded-For": "203.0.113.9"})
    assert '203.0.113.9:0 - "GET /healthz' in caplog.text


def test_the_store_that_answers_is_healthy(site: Site) -> None:
    answer = site.client.get("/healthz")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})
    assert answer.headers["cache-control"] == "no-store"
    assert site.client.head("/healthz").status_code == 200


def test_a_store_that_does_not_answer_is_not_healthy(site: Site) -> None:
    with site.publisher.store.write() as tx:
        tx.execute(sa.text("DROP TABLE edition_paper"))
    answer = site.client.get("/healthz")
    assert (answer.status_code, answer.json()) == (503, {"status": "unavailable"})


def test_a_mistake_of_ours_is_logged_and_no_traceback_is_shown(
    site: Site, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("newsletter.web.health.list_editions", None)
    answer = site.client.get("/healthz")
    assert answer.status_code == 500
    assert "Traceback" not in answer.text
    give_up = time.monotonic() + 5
    while "TypeError" not in caplog.text and time.monotonic() < give_up:
        time.sleep(0.01)  # the server logs it after the answer
    assert "TypeError" in caplog.text


@pytest.mark.parametrize("folder", ["/papers", ""])
def test_a_base_url_with_a_folder_works_with_and_without_it(open_site: OpenSite, folder: str) -> None:
    site = open_site(NEWSLETTER__BASE_URL="https://host.test/papers/")
    site.add("ada@example.test")
    site.write("editions/2025-09-24/index.html", b"edition")
    path = f"{folder}/unsubscribe/{site.token(Purpose.UNSUBSCRIBE)}"
    assert site.client.get(path).status_code == 200
    page = site.client.get(f"{folder}/editions/2025-09-24", follow_redirects=True)
    assert (page.url.path, page.text) == (f"{folder}/editions/2025-09-24/", "edition")


@pytest.mark.parametrize("folder", ["%E6%97%A5", "my%20papers", "a%7Bpath%7D", "caf%C3%A9/~d"])
def test_a_folder_of_base_url_may_have_escapes(open_site: OpenSite, folder: str) -> None:
    site = open_site(NEWSLETTER__BASE_URL=f"https://host.test/{folder}/")
    site.write("editions/2025-09-24/index.html", b"edition")
    for before in (f"/{folder}", ""):
        answer = site.client.get(f"{before}/editions/2025-09-24/")
        assert (answer.status_code, answer.text) == (200, "edition")
    assert site.client.get(f"/{folder}x/editions/2025-09-24/").status_code == 404


def test_a_newsletter_in_a_language_without_words_is_refused_at_the_start(open_site: OpenSite) -> None:
    with pytest.raises(ConfigError, match="'tlh' has no words"):
        open_site(NEWSLETTER__LANGUAGE="tlh")
