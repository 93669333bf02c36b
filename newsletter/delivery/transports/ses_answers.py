"""What Amazon SES says when it takes nothing: the name of an error and its words, and what each asks for.

One pure table. What is not in it means what its status means (`api_answers`): a 500 is of unknown outcome,
a 503 may be repeated.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

import httpx

from newsletter.delivery.transports.api_answers import CallRefused, quote_answer, read_wait, read_words
from newsletter.errors import (
    AddressRefused,
    PermanentTransportError,
    TransportBusy,
    TransportError,
    TransportMisconfigured,
)

_SEND = "docs.aws.amazon.com/ses/latest/APIReference-V2/API_SendEmail.html#API_SendEmail_Errors"
_COMMON = "docs.aws.amazon.com/ses/latest/APIReference-V2/CommonErrors.html"
_QUOTAS = "docs.aws.amazon.com/ses/latest/dg/manage-sending-quotas-errors.html"
_SENDING = "docs.aws.amazon.com/ses/latest/dg/troubleshoot-error-messages.html"
_SIGNATURES = "docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-troubleshooting.html"


class Meaning(StrEnum):
    """What an error of SES asks for."""

    SLOW_DOWN = "slow down"
    STOP = "stop"
    """Nothing goes before a person acts."""
    BAD_ADDRESS = "bad address"
    BAD_MESSAGE = "bad message"


@dataclass(frozen=True, slots=True)
class Sign:
    """One row: the names of an error, a pattern of its words, what it means, how to mend it, who says so."""

    names: str
    words: str
    meaning: Meaning
    fix: str
    source: str


SIGNS = (
    Sign(
        "TooManyRequestsException LimitExceededException ThrottlingException Throttling",
        r"\bdaily\b",
        Meaning.STOP,
        "wait until the account's 24-hour quota has room, or ask AWS for a larger one",
        _QUOTAS,
    ),
    Sign("TooManyRequestsException ThrottlingException Throttling", "", Meaning.SLOW_DOWN, "", _QUOTAS),
    Sign("LimitExceededException", r"\brate\b", Meaning.SLOW_DOWN, "", _QUOTAS),
    Sign(
        "LimitExceededException",
        "",
        Meaning.STOP,
        "a limit of the SES account is reached: see its quotas in the console",
        _SEND,
    ),
    Sign(
        "AccountSuspendedException",
        "",
        Meaning.STOP,
        "AWS has closed the account to sending: see the SES console",
        _SEND,
    ),
    Sign(
        "SendingPausedException",
        "",
        Meaning.STOP,
        "resume sending in the SES console, of the account or of [transport.ses] configuration_set",
        _SEND,
    ),
    Sign(
        "MailFromDomainNotVerifiedException",
        "",
        Meaning.STOP,
        "set the MX record of your MAIL FROM domain, or let SES use its own where that is missing",
        _SEND,
    ),
    Sign(
        "MessageRejected",
        "not verified",
        Meaning.STOP,
        "verify the domain of [sender] address in this region; an account in the sandbox mails verified "
        "addresses only, until AWS gives it production access",
        _SENDING,
    ),
    Sign(
        "NotFoundException BadRequestException MessageRejected",
        "configuration.?set",
        Meaning.STOP,
        "check [transport.ses] configuration_set: it must exist in this region",
        _SENDING,
    ),
    Sign("NotFoundException", "", Meaning.STOP, "check [transport.ses] region and endpoint", _SEND),
    Sign(
        "BadRequestException",
        r"(illegal|invalid email) address|missing final '@|missing (local|domain|user)|"
        r"^(local|domain|user)\b.* (contains|starts|ends)\b",
        Meaning.BAD_ADDRESS,
        "",
        f"{_SEND}; its words: github.com/awsdocs/aws-doc-sdk-examples/pull/5191, "
        "github.com/domdomegg/aws-ses-v2-local/issues/44",
    ),
    Sign("BadRequestException MessageRejected", "", Meaning.BAD_MESSAGE, "", _SEND),
    Sign(
        "InvalidSignatureException SignatureDoesNotMatch RequestExpired",
        r"expired|not yet current|date",
        Meaning.STOP,
        "set the clock of this machine",
        _SIGNATURES,
    ),
    Sign(
        "InvalidSignatureException SignatureDoesNotMatch IncompleteSignature IncompleteSignatureException",
        "",
        Meaning.STOP,
        "check [transport.ses] secret_access_key and region",
        _SIGNATURES,
    ),
    Sign(
        "UnrecognizedClientException InvalidClientTokenId InvalidAccessKeyId MissingAuthenticationToken "
        "MissingAuthenticationTokenException",
        "",
        Meaning.STOP,
        "check [transport.ses] access_key_id and session_token",
        _COMMON,
    ),
    Sign(
        "ExpiredTokenException ExpiredToken",
        "",
        Meaning.STOP,
        "the temporary credentials are over: renew them and [transport.ses] session_token",
        _COMMON,
    ),
    Sign(
        "AccessDeniedException AccessDenied NotAuthorized OptInRequired",
        "",
        Meaning.STOP,
        "allow the key of [transport.ses] ses:SendEmail, ses:SendRawEmail and ses:GetAccount",
        _COMMON,
    ),
)

_MAKE: Mapping[Meaning, Callable[[str, Sign, httpx.Response], TransportError | CallRefused]] = {
    Meaning.SLOW_DOWN: lambda said, _, answer: TransportBusy(said, retry_after=read_wait(answer)),
    Meaning.STOP: lambda said, sign, _: TransportMisconfigured(said, fix=sign.fix),
    Meaning.BAD_ADDRESS: lambda said, *_: CallRefused(AddressRefused(said, code=553, status="5.1.3")),
    Meaning.BAD_MESSAGE: lambda said, *_: CallRefused(PermanentTransportError(said)),
}


def judge_answer(answer: httpx.Response) -> TransportError | CallRefused | None:
    """What an answer that is no success says; the first row that fits decides, none: its status."""
    name, words = read_name(answer), read_words(answer)
    for sign in SIGNS:
        if name in sign.names.split() and re.search(sign.words, words, re.IGNORECASE):
            return _MAKE[sign.meaning](f"ses answered {name}: {quote_answer(answer)}", sign, answer)
    return None


def read_name(answer: httpx.Response) -> str:
    """The error's name: X-Amzn-ErrorType, which may go on with a colon, or `__type`, which may begin with a
    namespace (smithy.io/2.0/aws/protocols/aws-restjson1-protocol.html#operation-error-serialization)."""
    named = answer.headers.get("x-amzn-errortype", "")
    if not named:
        try:
            named = str(answer.json()["__type"])
        except (ValueError, KeyError, TypeError):
            return ""
    return str(named).partition(":")[0].rpartition("#")[2]
