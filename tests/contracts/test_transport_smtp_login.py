"""SMTP against real servers: certificates, STARTTLS and passwords."""

from __future__ import annotations

import asyncio
import base64
from typing import Any

import pytest

from newsletter.delivery.transports.smtp import SmtpTransport
from newsletter.errors import TransportMisconfigured
from newsletter.model import Submitted

from .messages import make_message
from .smtp_pipelines import Told, told_server
from .smtp_servers import Certificates, KnowsOnePassword, Mailbox, scripted_server, smtp_config, smtp_server
from .smtp_trials import submit_all, submit_one

PASSWORD = "hunter2-is-secret"

# --- TLS ------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def certificates() -> Certificates:
    return Certificates()


def test_starttls_with_a_trusted_certificate(certificates: Certificates) -> None:
    mailbox = Mailbox()
    server = smtp_server(mailbox, tls_context=certificates.server, require_starttls=True)
    result = submit_one(server, security="starttls", tls_context=certificates.client)
    assert isinstance(result, Submitted)
    assert mailbox.mails == [make_message().raw]


def test_tls_from_the_start(certificates: Certificates) -> None:
    mailbox = Mailbox()
    server = smtp_server(mailbox, tls_port=certificates.server)
    result = submit_one(server, security="tls", tls_context=certificates.client)
    assert isinstance(result, Submitted)
    assert mailbox.mails == [make_message().raw]


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_a_certificate_of_an_unknown_issuer_stops_the_run(certificates: Certificates, security: str) -> None:
    options = {"tls_port": certificates.server} if security == "tls" else {"tls_context": certificates.server}
    mailbox = Mailbox()
    with pytest.raises(TransportMisconfigured, match=r"certificate .* does not hold") as caught:
        submit_one(smtp_server(mailbox, **options), security=security)
    assert "host" in caught.value.fix
    assert mailbox.mails == []


def test_a_certificate_of_another_host_stops_the_run() -> None:
    certificates = Certificates("mx.elsewhere.test")
    server = smtp_server(Mailbox(), tls_context=certificates.server)
    with pytest.raises(TransportMisconfigured, match="Hostname mismatch"):
        submit_one(server, security="starttls", tls_context=certificates.client)


def test_starttls_is_required_not_hoped_for() -> None:
    mailbox = Mailbox()
    with pytest.raises(TransportMisconfigured, match="does not offer STARTTLS") as caught:
        submit_one(smtp_server(mailbox), security="starttls")
    assert "security" in caught.value.fix
    assert mailbox.mails == []


def test_starttls_demanded_by_the_server_says_what_to_set(certificates: Certificates) -> None:
    server = smtp_server(Mailbox(), tls_context=certificates.server, require_starttls=True)
    with pytest.raises(TransportMisconfigured) as caught:
        submit_one(server, security="none")
    assert 'security = "starttls"' in caught.value.fix


def test_tls_to_a_port_without_it_stops_the_run() -> None:
    with pytest.raises(TransportMisconfigured, match="does not speak TLS") as caught:
        submit_one(smtp_server(Mailbox()), security="tls")
    assert "port" in caught.value.fix


# --- Logins ---------------------------------------------------------------------------------------


def with_login(certificates: Certificates, mailbox: Mailbox, asked: KnowsOnePassword) -> Any:
    return smtp_server(mailbox, tls_context=certificates.server, auth_required=True, authenticator=asked)


def test_the_right_password_is_let_in(certificates: Certificates) -> None:
    mailbox, asked = Mailbox(), KnowsOnePassword("digest", PASSWORD)
    result = submit_one(
        with_login(certificates, mailbox, asked),
        security="starttls",
        username="digest",
        password=PASSWORD,
        tls_context=certificates.client,
    )
    assert isinstance(result, Submitted)
    assert mailbox.mails == [make_message().raw]


def test_a_wrong_password_stops_the_run_and_is_not_tried_by_every_slot(certificates: Certificates) -> None:
    asked = KnowsOnePassword("digest", "another")

    async def main() -> list[Any]:
        async with with_login(certificates, Mailbox(), asked) as port:
            config = smtp_config(
                port, security="starttls", username="digest", password=PASSWORD, connections=10
            )
            async with SmtpTransport(config, tls_context=certificates.client) as transport:
                return await submit_all(transport, 10)

    results = asyncio.run(main())
    assert all(isinstance(result, TransportMisconfigured) for result in results)
    assert "the login: 535 5.7.8" in results[0].message
    assert "password" in results[0].fix
    assert asked.asked == 2  # PLAIN and LOGIN, on one connection
    assert PASSWORD not in repr(results) + repr([result.__cause__ for result in results])


def test_an_access_token_is_let_in(certificates: Certificates) -> None:
    told = Told(offers=("AUTH PLAIN LOGIN XOAUTH2", "PIPELINING"), replies={"AUTH": "235 2.7.0 Accepted"})
    result = submit_with_token(told, certificates)
    assert result == Submitted("250 queued")
    (auth,) = [line for line in told.lines if line.startswith(b"AUTH")]
    method, _, given = auth.removeprefix(b"AUTH ").partition(b" ")
    assert method == b"XOAUTH2"
    assert base64.b64decode(given) == b"user=digest@papers.test\x01auth=Bearer ya29.token\x01\x01"


def test_an_expired_access_token_stops_the_run(certificates: Certificates) -> None:
    # RFC 7628 and Gmail: the error comes as a challenge, to be answered by an empty line.
    challenge = base64.b64encode(b'{"status":"401"}').decode()
    told = Told(
        offers=("AUTH XOAUTH2",),
        replies={"AUTH": f"334 {challenge}", "": "535 5.7.8 Username and Password not accepted"},
    )
    with pytest.raises(TransportMisconfigured, match=r"the login: 535 5\.7\.8") as caught:
        submit_with_token(told, certificates)
    assert "ya29" not in repr(caught.value) + repr(caught.value.__cause__)


def submit_with_token(told: Told, certificates: Certificates) -> Any:
    return submit_one(
        told_server(told, tls=certificates.server),
        security="tls",
        username="digest@papers.test",
        password="ya29.token",
        login="xoauth2",
        tls_context=certificates.client,
    )


def test_a_missing_login_stops_the_run(certificates: Certificates) -> None:
    server = with_login(certificates, Mailbox(), KnowsOnePassword("digest", PASSWORD))
    with pytest.raises(TransportMisconfigured, match="530") as caught:
        submit_one(server, security="starttls", tls_context=certificates.client)
    assert "username" in caught.value.fix


def test_a_server_without_logins_stops_the_run() -> None:
    with pytest.raises(TransportMisconfigured, match="AUTH") as caught:
        submit_one(
            scripted_server("220 hi", "250 mx", "221 bye"),
            security="none",
            username="digest",
            password=PASSWORD,
        )
    assert "username" in caught.value.fix
