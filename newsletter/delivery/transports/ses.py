"""Amazon SES: POST /v2/email/outbound-emails, our raw message, one a call.

docs.aws.amazon.com/ses/latest/APIReference-V2/API_SendEmail.html; .../API_GetAccount.html;
docs.aws.amazon.com/ses/latest/dg/quotas.html (40 MB a message); .../dg/header-fields.html: SES writes Date
and Message-ID anew, all else arrives as it is. Signing is `ses_signing`'s, what errors mean `ses_answers`'s.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import httpx

from newsletter.config.transports import SesConfig
from newsletter.delivery.transports.addresses import encode_address
from newsletter.delivery.transports.api import ApiTransport
from newsletter.delivery.transports.api_answers import CallRefused
from newsletter.delivery.transports.api_mails import write_json
from newsletter.delivery.transports.api_wire import Content, Request
from newsletter.delivery.transports.base import Features, Result
from newsletter.delivery.transports.ses_answers import judge_answer
from newsletter.delivery.transports.ses_signing import Keys, make_signer, read_clock
from newsletter.errors import TransportError, TransportMisconfigured
from newsletter.model import Call, Message, Submitted

_OUR_SIGNATURE = re.compile(rb"\ADKIM-Signature:.*?\r\n(?![ \t])", re.DOTALL)
"""It covers Date and Message-ID and would not hold; SES signs for the domain itself."""


def make_transport(config: SesConfig) -> ApiTransport:
    """Raises ConfigError without a region, with half a pair of keys, or without botocore."""
    return ApiTransport(SesDialect(config))


class SesDialect:
    """The `Dialect` of SES: pure but for the time of a signature, and for keys that AWS's tools find."""

    name = "ses"

    def __init__(self, config: SesConfig, *, clock: Callable[[], datetime] = read_clock) -> None:
        self.features = Features(calls_at_once=config.connections, bytes_per_call=40_000_000)
        self._signer = make_signer(config, clock=clock)
        self.endpoint = self._signer.endpoint
        self._configuration_set = config.configuration_set

    @property
    def secrets(self) -> tuple[str, ...]:
        keys: Keys = self._signer.find_keys()
        return tuple(filter(None, (keys.secret_key, keys.token)))

    def encode(self, message: Message) -> Content:
        raw = _OUR_SIGNATURE.sub(b"", message.raw, count=1)
        # No FromEmailAddress: it would replace the From of the message, and with it the sender's name.
        fields: dict[str, Any] = {"Destination": {"ToAddresses": [encode_address(message.recipient)]}}
        if self._configuration_set:
            fields["ConfigurationSetName"] = self._configuration_set
        # No character of base64 needs an escape: a JSON encoder would look at each of 200,000.
        before = write_json(fields).encode()[:-1] + b',"Content":{"Raw":{"Data":"'
        return before, b64encode(raw), b'"}}}'

    def make_request(self, call: Call, parts: Sequence[Content]) -> Request:
        (content,) = parts  # one message a call
        headers = {"Content-Type": "application/json"}
        return self._signer.sign(Request("POST", "/v2/email/outbound-emails", content, headers))

    def read_results(self, call: Call, answer: httpx.Response) -> Sequence[Result]:
        return [Submitted("taken", provider_id=str(answer.json()["MessageId"]))]

    def read_failure(self, answer: httpx.Response) -> TransportError | CallRefused | None:
        return judge_answer(answer)

    def make_check(self) -> Request:
        return self._signer.sign(Request("GET", "/v2/email/account"))

    def read_check(self, answer: httpx.Response) -> str | None:
        if not answer.is_success:
            return None
        account = answer.json()
        standing = str(account.get("EnforcementStatus", "HEALTHY"))
        if not account["SendingEnabled"]:
            raise TransportMisconfigured(
                f"ses: the account in {self._signer.region} may not send ({standing.lower()})",
                fix="resume sending in the SES console, or answer what AWS asks there",
            )
        quota = account["SendQuota"]
        most = "unlimited" if quota["Max24HourSend"] < 0 else f"{quota['Max24HourSend']:,.0f}"
        found = [
            f"the key is valid in {self._signer.region}",
            f"{quota['SentLast24Hours']:,.0f} of {most} mails used in 24 hours",
            f"{quota['MaxSendRate']:g} a second",
        ]
        if not account["ProductionAccessEnabled"]:
            found.append("in the sandbox: only verified addresses get mail")
        if standing != "HEALTHY":
            found.append(f"reputation: {standing.lower()}")
        return "; ".join(found)
