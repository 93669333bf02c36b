"""Where the errors of aiosmtplib, ssl and the system become ours, with the cause chained.

An error with a reply is read by `replies`; one without it means what the step it happened in makes
of it: before the message was sent nothing is lost, after it nobody can say.
"""

from __future__ import annotations

import os
import re
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager

import aiosmtplib

from newsletter.delivery.transports.replies import OPENING, Reply, Stage, read_refusal
from newsletter.errors import (
    OutcomeUnknown,
    TemporaryTransportError,
    TransportError,
    TransportMisconfigured,
    TransportUnreachable,
)

_REASONS: tuple[tuple[type[Exception], str], ...] = (
    (socket.gaierror, "its name is not known"),
    (UnicodeError, "this is not a host name"),
    (TimeoutError, "no answer in time"),
    (aiosmtplib.SMTPServerDisconnected, "it closed the connection"),
)


@contextmanager
def errors_mapped(stage: Stage, server: str) -> Iterator[None]:
    """Raises as a TransportError whatever goes wrong in a step with the server (`host:port`)."""
    try:
        yield
    except aiosmtplib.SMTPResponseException as error:
        raise read_refusal(Reply.read(error.code, error.message), stage) from error
    except (aiosmtplib.SMTPException, OSError, UnicodeError) as error:
        raise read_trouble(error, stage, server) from error


def read_trouble(error: Exception, stage: Stage, server: str) -> TransportError:
    """The error that a conversation which ended without a reply stands for."""
    cause = error.__cause__ if isinstance(error.__cause__, Exception) else error
    if stage is Stage.CONTENT:
        return OutcomeUnknown(
            f"the connection to the mail server at {server} broke before it said"
            f" whether it took the message: {_reason(cause)}"
        )
    if stage not in OPENING:
        return TemporaryTransportError(
            f"the connection to the mail server at {server} broke before the message: {_reason(cause)}"
        )
    if isinstance(cause, ssl.SSLError):
        return _read_tls_trouble(cause, server)
    if type(error) is aiosmtplib.SMTPException:  # what the server cannot do: no AUTH, or no way of it we know
        return TransportMisconfigured(
            f"the mail server at {server} cannot be logged in to: {error}",
            fix="check [transport.smtp] security and port, or leave username empty",
        )
    return TransportUnreachable(
        f"cannot reach the mail server at {server}: {_reason(cause)}",
        fix="check [transport.smtp] host, port and security, and that no firewall stands between",
    )


def _read_tls_trouble(cause: ssl.SSLError, server: str) -> TransportMisconfigured:
    if isinstance(cause, ssl.SSLCertVerificationError):
        return TransportMisconfigured(
            f"the certificate of the mail server at {server} does not hold: {cause.verify_message}",
            fix="check that [transport.smtp] host is the name in it, and that this machine trusts its issuer",
        )
    return TransportMisconfigured(
        f"the mail server at {server} does not speak TLS there: {cause.reason or cause}",
        fix="check [transport.smtp] port and security (usually 465 with tls, 587 with starttls)",
    )


def _reason(cause: Exception) -> str:
    for kind, reason in _REASONS:
        if isinstance(cause, kind):
            return reason
    # asyncio puts its own words for strerror, and several addresses (::1, 127.0.0.1) into one text.
    number = re.search(r"\[Errno (\d+)\]", str(cause))
    return os.strerror(int(number[1])).lower() if number else str(cause)
