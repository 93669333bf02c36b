"""The transport and base_url, against real servers that are right, wrong, silent or away."""

from __future__ import annotations

import json
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import trustme

from newsletter.daily.doctor import Area, State, dns, reach
from newsletter.daily.publisher import open_publisher
from tests.daily.doctor.conftest import Patient
from tests.running import Postbox
from tests.web.conftest import serve

SECRETS = ("hunter2-password", "hunter2-link-key-0123456789", "hunter2-source")


class Answers(BaseHTTPRequestHandler):
    """Says the same to every GET."""

    status, headers_sent, body = 200, {"Content-Type": "text/html"}, b"<p>another program"

    def do_GET(self) -> None:
        self.send_response(self.status)
        for name, value in self.headers_sent.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(self.body)))
        self.end_headers()
        self.wfile.write(self.body)

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def answering(status: int, body: bytes, tls: ssl.SSLContext | None = None, **headers: str) -> Iterator[int]:
    handler = type("Handler", (Answers,), {"status": status, "body": body, "headers_sent": headers})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        if tls:
            server.socket = tls.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield server.server_port
        finally:
            server.shutdown()
            thread.join()


@contextmanager
def silent() -> Iterator[int]:
    """Takes connections and never says a word."""
    import socket

    with socket.create_server(("127.0.0.1", 0), backlog=20) as listening:
        yield listening.getsockname()[1]


def use_smtp(patient: Patient, port: int, **more: str) -> None:
    patient.set(
        transport__kind="smtp",
        transport__smtp__host="127.0.0.1",
        transport__smtp__port=port,
        transport__smtp__security="none",
        **{f"transport__smtp__{name}": value for name, value in more.items()},
    )


def test_a_mail_server_that_answers_is_well_and_gets_no_mail(patient: Patient) -> None:
    postbox = Postbox()
    with postbox.open() as port:
        use_smtp(patient, port)
        patient.find_one("transport", State.OK, f"smtp: 127.0.0.1:{port}")
    assert postbox.raw == []


def test_a_mail_server_that_is_away_is_wrong(patient: Patient) -> None:
    use_smtp(patient, 1)
    finding = patient.find_one("transport", State.WRONG)
    assert finding.area is Area.CONFIGURATION
    assert "[transport.smtp]" in finding.fix


def test_a_provider_without_a_key_is_wrong(patient: Patient) -> None:
    patient.set(transport__kind="resend")
    patient.find_one("transport", State.WRONG, "api_key")


def test_the_fallback_is_looked_at_as_the_first_is(patient: Patient) -> None:
    postbox = Postbox()
    with postbox.open() as port:
        use_smtp(patient, port)
        patient.set(transport__fallback="resend")
        patient.find_one("transport", State.OK)
        patient.find_one("fallback", State.WRONG, "api_key")


def test_a_folder_that_cannot_be_written_to_is_the_disks_fault(patient: Patient) -> None:
    (patient.folder / "outbox").write_bytes(b"")
    assert patient.find_one("transport", State.WRONG).area is Area.STORE


def test_servers_that_never_answer_cost_a_bounded_time(
    patient: Patient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reach, "_SECONDS", 1.0)
    monkeypatch.setattr(reach, "_HTTP_SECONDS", 1.0)
    monkeypatch.setattr(dns, "_SECONDS", 1.0)
    patient.names.is_silent = True
    with silent() as port:
        use_smtp(patient, port)
        patient.set(
            newsletter__base_url=f"http://127.0.0.1:{port}/",
            digest__source=f"http://127.0.0.1:{port}/",
            digest__private_addresses="true",
        )
        started = time.monotonic()
        found = {finding.name: finding for finding in patient.examine(seconds=3).findings}
    assert time.monotonic() - started < 6
    assert "no answer within 1 s" in found["transport"].message
    assert found["transport"].state is State.WRONG
    assert "nothing within 1 s" in found["base_url"].message
    assert "not looked at: no answer within 3 s" in found["digest"].message
    assert found["spf"].state is State.WARNING


def test_base_url_is_well_where_this_newsletter_serves_it(patient: Patient) -> None:
    publisher = open_publisher(patient.config(), lambda: patient.now)
    with serve(publisher) as address:
        patient.set(newsletter__base_url=f"{address}/")
        patient.find_one("base_url", State.OK, "newsletter serve")
        patient.set(newsletter__secret_key="k" * 32)  # other links than those of the server's store
        assert patient.find("base_url")[1].state is State.WARNING
        patient.set(newsletter__secret_key="", transport__kind="smtp")
        assert "this machine" in patient.find("base_url")[0].message
    publisher.close()


@pytest.mark.parametrize(
    ("status", "body", "words"),
    [
        (200, b"<p>another program", "another program"),
        (404, b"", "another program"),
        (200, b'{"status": "fine"}', "another program"),
        (503, b'{"status": "unavailable"}', "its store does not"),
    ],
)
def test_base_url_of_another_program_is_a_warning(
    patient: Patient, status: int, body: bytes, words: str
) -> None:
    with answering(status, body) as port:
        patient.set(newsletter__base_url=f"http://127.0.0.1:{port}/")
        finding = patient.find("base_url")[0]
    assert (finding.state, words in finding.message) == (State.WARNING, True)


def test_base_url_that_leads_elsewhere_is_a_warning(patient: Patient) -> None:
    with answering(301, b"", Location="https://www.papers.test/healthz") as port:
        patient.set(newsletter__base_url=f"http://127.0.0.1:{port}/")
        assert "https://www.papers.test/healthz" in patient.find("base_url")[0].message


def test_base_url_that_is_away_is_a_warning(patient: Patient) -> None:
    patient.find_one("base_url", State.WARNING, "does not answer")


@pytest.mark.parametrize("trusted", [True, False])
def test_the_certificate_of_base_url_is_checked(
    patient: Patient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, trusted: bool
) -> None:
    authority, tls = trustme.CA(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(tls)
    if trusted:
        authority.cert_pem.write_to_path(tmp_path / "ca.pem")
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    with answering(200, b'{"status": "ok"}', tls) as port:
        patient.set(newsletter__base_url=f"https://127.0.0.1:{port}/")
        if trusted:
            patient.find_one("base_url", State.OK)
        else:
            patient.find_one("base_url", State.WARNING, "certificate")


class Quoting(Postbox):
    """Says what it was told, password and all."""

    async def handle_EHLO(self, server, session, envelope, hostname, responses):  # type: ignore[no-untyped-def]  # noqa: N802
        session.host_name = hostname
        return [*responses[:-1], "250-AUTH PLAIN LOGIN", responses[-1]]

    async def handle_AUTH(self, *_: object) -> str:  # noqa: N802
        return "535 5.7.8 no"


def test_no_secret_is_shown(patient: Patient) -> None:
    password, key, source = SECRETS
    with Quoting().open() as port:
        use_smtp(patient, port, username="li", password=password)
        patient.set(
            newsletter__secret_key=key,
            digest__source=f"http://li:{source}@127.0.0.1:1/d.md",
            digest__private_addresses="true",
            dkim__selector="s1",
            dkim__key=f"-----BEGIN PRIVATE KEY-----\n{password}\n-----END PRIVATE KEY-----",
        )
        examination = patient.examine()
    shown = json.dumps(examination.as_json())
    found = {finding.name: finding.state for finding in examination.findings}
    assert found["transport"] is found["digest"] is found["dkim"] is State.WRONG
    for secret in SECRETS:
        assert secret not in shown


def test_a_check_of_a_provider_shows_no_key(patient: Patient) -> None:
    with answering(401, b'{"name": "invalid_api_key", "message": "re_hunter2 is none"}') as port:
        patient.set(
            transport__kind="resend",
            transport__resend__api_key="re_hunter2",
            transport__resend__endpoint=f"http://127.0.0.1:{port}",
        )
        finding = patient.find_one("transport", State.WRONG)
    assert "re_hunter2" not in finding.message + finding.fix
