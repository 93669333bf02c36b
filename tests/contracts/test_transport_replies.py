"""What replies mean, and what errors without a reply mean: the tables alone, no server."""

from __future__ import annotations

import socket

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from newsletter.delivery.transports.replies import RULES, Reply, Stage, read_refusal
from newsletter.delivery.transports.smtp_errors import errors_mapped
from newsletter.errors import (
    AddressRefused,
    OutcomeUnknown,
    TemporaryTransportError,
    TransportError,
    TransportMisconfigured,
    TransportUnreachable,
)


@pytest.mark.parametrize(
    ("stage", "code", "text", "kind"),
    [
        (Stage.RECIPIENT, 421, "HL:REP 该IP发送行为异常", TemporaryTransportError),
        (Stage.RECIPIENT, 450, "MI:CEL too many", TemporaryTransportError),
        (Stage.CONTENT, 451, "DT:SPM", TemporaryTransportError),
        (Stage.RECIPIENT, 550, "Ip frequency limited. http://service.mail.qq.com/", TemporaryTransportError),
        (Stage.SENDER, 550, "Domain frequency limited", TemporaryTransportError),
        (Stage.LOGIN, 454, "4.7.0 Temporary authentication failure", TemporaryTransportError),
        (Stage.LOGIN, 535, "authentication failed", TransportMisconfigured),
        (Stage.LOGIN, 504, "5.5.4 no such mechanism", TransportMisconfigured),
        (Stage.SENDER, 530, "5.7.0 Authentication required", TransportMisconfigured),
        (Stage.RECIPIENT, 550, "5.7.8 log in first", TransportMisconfigured),
        (Stage.SENDER, 550, "5.7.1 not allowed", TransportMisconfigured),
        (Stage.SENDER, 553, "sorry", TransportMisconfigured),
        (Stage.GREETING, 554, "go away", TransportMisconfigured),
        (Stage.GREETING, 220, "", TransportMisconfigured),
        (Stage.RECIPIENT, 554, "5.7.1 <x@y>: Relay access denied", TransportMisconfigured),
        (Stage.RECIPIENT, 550, "5.7.54 SMTP; Unable to relay recipient", TransportMisconfigured),
        (Stage.RECIPIENT, 550, "5.1.1 relay3.example.com says: user unknown", AddressRefused),
        (Stage.RECIPIENT, 550, "5.7.1 policy of the recipient", AddressRefused),
        (Stage.CONTENT, 554, "5.7.1 spam", AddressRefused),
        (Stage.RECIPIENT, 354, "go ahead", TemporaryTransportError),
        (Stage.CONTENT, 354, "go ahead", OutcomeUnknown),
    ],
)
def test_a_reply_becomes_an_error(stage: Stage, code: int, text: str, kind: type[TransportError]) -> None:
    error = read_refusal(Reply.read(code, text), stage)
    assert type(error) is kind
    assert text in error.message


@pytest.mark.parametrize(
    ("stage", "code", "text", "too_fast"),
    [
        (Stage.RECIPIENT, 421, "HL:REP 该IP发送行为异常", True),
        (Stage.RECIPIENT, 450, "MI:CEL too many", True),
        (Stage.CONTENT, 550, "Ip frequency limited. http://service.mail.qq.com/", True),
        (Stage.CONTENT, 421, "4.7.28 Our system has detected an unusual rate of unsolicited mail", True),
        (Stage.RECIPIENT, 421, "4.7.0 [TSS04] Messages from 192.0.2.1 temporarily deferred", True),
        (Stage.RECIPIENT, 450, "4.2.1 The user is receiving mail at a rate that prevents more", True),
        (Stage.RECIPIENT, 451, "4.7.650 The mail server has been temporarily rate limited", True),
        (Stage.RECIPIENT, 450, "4.7.1 <mx>: Recipient address rejected: Greylisted", False),
        (Stage.RECIPIENT, 452, "4.2.2 mailbox full", False),
        (Stage.RECIPIENT, 421, "4.3.2 system shutting down", False),
        (Stage.CONTENT, 421, "4.4.2 mx Error: timeout exceeded", False),
        (Stage.CONTENT, 421, "Service shutting down", False),
        (Stage.SENDER, 421, "4.7.0 too many mails in this connection", False),
        (Stage.GREETING, 421, "4.7.0 too many connections", False),
        (Stage.SENDER, 550, "Domain frequency limited", False),
    ],
)
def test_a_destination_that_wants_less_is_told_from_one_that_wants_it_later(
    stage: Stage, code: int, text: str, too_fast: bool
) -> None:
    error = read_refusal(Reply.read(code, text), stage)
    assert isinstance(error, TemporaryTransportError)
    assert error.too_fast is too_fast


def test_every_row_has_a_source_and_what_a_person_must_act_on_has_a_fix() -> None:
    assert all(rule.source for rule in RULES)
    assert all(bool(rule.fix) == (rule.verdict == "misconfigured") for rule in RULES)


@settings(deadline=None)
@given(st.sampled_from(Stage), st.integers(-1, 999), st.text(max_size=400))
def test_every_reply_becomes_one_line(stage: Stage, code: int, text: str) -> None:
    error = read_refusal(Reply.read(code, text), stage)
    assert error.message.isprintable()
    assert len(error.message) < 400


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("5.1.1 no such user", "5.1.1"),
        ("4.7.0", "4.7.0"),
        ("no such user", ""),
        ("5.1.1.example.com rejects", ""),
        ("127.0.0.1 is listed", ""),
    ],
)
def test_the_enhanced_status_is_read_where_there_is_one(text: str, status: str) -> None:
    assert Reply.read(550, text).status == status


def test_a_reply_in_another_encoding_is_still_text() -> None:
    text = "550 用户不存在".encode("gb18030").decode("utf-8", "surrogateescape")
    assert Reply.read(550, text).text.encode()


@pytest.mark.parametrize(
    ("stage", "kind"),
    [
        (Stage.GREETING, TransportUnreachable),
        (Stage.LOGIN, TransportUnreachable),
        (Stage.SENDER, TemporaryTransportError),
        (Stage.DATA, TemporaryTransportError),
        (Stage.CONTENT, OutcomeUnknown),
    ],
)
def test_a_broken_line_means_what_its_place_makes_of_it(stage: Stage, kind: type[TransportError]) -> None:
    with pytest.raises(TransportError) as caught, errors_mapped(stage, "mx:25"):
        raise ConnectionResetError(104, "Connection reset by peer")
    assert type(caught.value) is kind
    assert caught.value.message.endswith("connection reset by peer")
    assert isinstance(caught.value.__cause__, ConnectionResetError)


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (socket.gaierror(-2, "Name or service not known"), "its name is not known"),
        (
            OSError("Multiple exceptions: [Errno 111] ('::1'), [Errno 111] ('127.0.0.1')"),
            "connection refused",
        ),
        (OSError(113, "Connect call failed ('192.0.2.1', 25)"), "no route to host"),
        (TimeoutError(), "no answer in time"),
    ],
)
def test_the_reason_is_in_plain_words(error: OSError, reason: str) -> None:
    with (
        pytest.raises(TransportUnreachable, match=f"mx:25: {reason}$"),
        errors_mapped(Stage.GREETING, "mx:25"),
    ):
        raise error
