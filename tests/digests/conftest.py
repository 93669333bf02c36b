"""Web servers on loopback, plain and by https."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest
import trustme

from tests.digests.servers import WebServer, run_web_server


@pytest.fixture
def server() -> Iterator[WebServer]:
    with run_web_server() as running:
        yield running


@pytest.fixture
def tls_context(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ssl.SSLContext:
    """Of 127.0.0.1 and papers.test, by an authority that this process trusts."""
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1", "papers.test").configure_cert(context)
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    return context


@pytest.fixture
def tls_server(tls_context: ssl.SSLContext) -> Iterator[WebServer]:
    with run_web_server(tls_context) as running:
        yield running
