"""Amazon SES's side: version 2 of its API for raw messages, as its documentation describes it.

The signature is computed here by hand from what arrived (docs.aws.amazon.com/IAM/latest/UserGuide/
reference_sigv-create-signed-request.html), so that both sides share no line.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from base64 import b64decode
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from .api_server import Accepted

ACCESS_KEY_ID = "AKIDCONTRACT"
REGION = "eu-central-1"
_AUTHORIZATION = re.compile(
    r"AWS4-HMAC-SHA256 Credential=([^/]+)/(\d{8})/([^/]+)/([^/]+)/aws4_request, "
    r"SignedHeaders=([a-z0-9;-]+), Signature=([0-9a-f]{64})"
)
_ADDRESS = re.compile(r"[^@<>\s,]+@[^@<>\s,]+\.[^@<>\s,.]+")
_FIELDS = {
    *("FromEmailAddress", "FromEmailAddressIdentityArn", "Destination", "ReplyToAddresses"),
    *("FeedbackForwardingEmailAddress", "FeedbackForwardingEmailAddressIdentityArn", "Content", "EmailTags"),
    *("ConfigurationSetName", "EndpointId", "TenantName", "ListManagementOptions"),
}
"""Of a SendEmail request."""
_ONCE = {"from", "subject", "date", "message-id", "list-id", "list-unsubscribe", "list-unsubscribe-post"}
"""dg/header-fields.html: some of those that may stand once only."""

_Problem = tuple[str, str]
"""The name of an error and its words."""


@dataclass
class Ses:
    """An account with one key, one verified domain and one configuration set."""

    key: str = "secret"
    token: str = ""
    verified: str = "papers.test"
    in_sandbox: bool = False
    sends: bool = True
    standing: str = "HEALTHY"
    configuration_sets: tuple[str, ...] = ("digest",)
    taken: list[EmailMessage] = field(default_factory=list)

    async def answer(self, request: Request) -> tuple[Response, list[Accepted]]:
        body = await request.body()
        if refusal := next(self._doubt_signature(request, body), None):
            return _refuse(403, *refusal), []
        match request.method, request.url.path:
            case "GET", "/v2/email/account":
                return JSONResponse(self._show_account()), []
            case "POST", "/v2/email/outbound-emails":
                return self._take(request, body)
        return _refuse(404, "UnknownOperationException", ""), []

    def _show_account(self) -> dict[str, Any]:
        quota = {"Max24HourSend": 50000.0, "MaxSendRate": 14.0, "SentLast24Hours": float(len(self.taken))}
        return {
            "DedicatedIpAutoWarmupEnabled": False,
            "EnforcementStatus": self.standing,
            "ProductionAccessEnabled": not self.in_sandbox,
            "SendQuota": quota,
            "SendingEnabled": self.sends,
        }

    def _doubt_signature(self, request: Request, body: bytes) -> Iterator[_Problem]:
        said = _AUTHORIZATION.fullmatch(request.headers.get("authorization", ""))
        if said is None:
            yield "MissingAuthenticationTokenException", "Missing Authentication Token"
            return
        key_id, day, region, service, names, signature = said.groups()
        if key_id != ACCESS_KEY_ID or request.headers.get("x-amz-security-token", "") != self.token:
            yield "UnrecognizedClientException", "The security token included in the request is invalid."
        if (region, service) != (REGION, "ses"):
            yield "InvalidSignatureException", f"Credential should be scoped to a valid region, not {region}."
        stamp = request.headers.get("x-amz-date", "")
        moment = datetime.strptime(stamp, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
        if abs(datetime.now(UTC) - moment) > timedelta(minutes=5) or not stamp.startswith(day):
            yield "InvalidSignatureException", f"Signature expired: {stamp} is now earlier"
        must = {"host"} | {name for name in request.headers if name.startswith("x-amz-")}
        if not must <= set(names.split(";")) or names.split(";") != sorted(names.split(";")):
            yield "InvalidSignatureException", "Headers must be signed, and sorted"
        if not hmac.compare_digest(signature, self._sign(request, body, names, (stamp, day, region))):
            yield "InvalidSignatureException", "The request signature we calculated does not match yours."

    def _sign(self, request: Request, body: bytes, names: str, when: tuple[str, str, str]) -> str:
        stamp, day, region = when
        fields = [f"{name}:{' '.join(request.headers[name].split())}\n" for name in names.split(";")]
        digest = hashlib.sha256(body).hexdigest()
        canonical = "\n".join(
            [request.method, request.url.path, request.url.query, "".join(fields), names, digest]
        )
        scope = f"{day}/{region}/ses/aws4_request"
        signed = f"AWS4-HMAC-SHA256\n{stamp}\n{scope}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
        key = f"AWS4{self.key}".encode()
        for part in scope.split("/"):
            key = hmac.digest(key, part.encode(), "sha256")
        return hmac.digest(key, signed.encode(), "sha256").hex()

    def _take(self, request: Request, body: bytes) -> tuple[Response, list[Accepted]]:
        sent = json.loads(body)
        data = b64decode(sent["Content"]["Raw"]["Data"], validate=True)
        mail = self.parse(data)
        if problem := next(self._find_problems(request, sent, data, mail), None):
            return _refuse(404 if problem[0] == "NotFoundException" else 400, *problem), []
        (to,) = sent["Destination"]["ToAddresses"]
        if sender := sent.get("FromEmailAddress"):
            mail.replace_header("From", sender)
        number = len(self.taken)
        for name, value in (("Date", "Thu, 01 Jan 1970 00:00:00 +0000"), ("Message-ID", f"<{number}@ses>")):
            mail.replace_header(name, value)  # dg/header-fields.html
        self.taken.append(mail)
        return JSONResponse({"MessageId": f"0107-{number}-000000"}), [self.accept(mail, to)]

    def parse(self, data: bytes) -> EmailMessage:
        return BytesParser(policy=policy.default).parsebytes(data)

    def accept(self, mail: EmailMessage, to: str) -> Accepted:
        text, html = mail.get_body(("plain",)), mail.get_body(("html",))
        assert isinstance(text, EmailMessage)
        assert isinstance(html, EmailMessage)
        fields = {name.lower(): str(value) for name, value in mail.items()}
        return Accepted(fields["from"], to, fields["subject"], text.get_content(), html.get_content(), fields)

    def _find_problems(
        self, request: Request, sent: dict[str, Any], data: bytes, mail: EmailMessage
    ) -> Iterator[_Problem]:
        if request.headers.get("content-type") != "application/json" or set(sent) - _FIELDS:
            yield "BadRequestException", "The request is not a SendEmail request."
        if not self.sends:
            yield "SendingPausedException", "The account's ability to send email is currently paused."
        if len(data) > 40_000_000 or any(len(line) > 998 for line in data.split(b"\r\n")):
            yield "BadRequestException", "The message or a line of it is too long."
        names = [name.lower() for name in mail.keys()]  # noqa: SIM118 - each as often as it stands
        if not mail["From"] or any(names.count(name) > 1 for name in _ONCE):
            yield "BadRequestException", "Header fields are missing or doubled."
        addresses = sent["Destination"]["ToAddresses"]
        if not 1 <= len(addresses) <= 50 or not all(map(_ADDRESS.fullmatch, addresses)):
            yield "BadRequestException", "Illegal address"
        if any(address.startswith("gone@") for address in addresses):
            yield "BadRequestException", "Illegal address"
        name = sent.get("ConfigurationSetName")
        if name is not None and name not in self.configuration_sets:
            yield "NotFoundException", f"Configuration set <{name}> does not exist."
        checked = [mail["From"].addresses[0].addr_spec, *(addresses if self.in_sandbox else [])]
        if failed := [each for each in checked if not each.endswith(f"@{self.verified}")]:
            said = "Email address is not verified. The following identities failed the check in region"
            yield "MessageRejected", f"{said} {REGION.upper()}: {', '.join(failed)}"


def _refuse(status: int, name: str, message: str) -> Response:
    return JSONResponse({"message": message}, status, {"x-amzn-ErrorType": f"{name}:http://internal/"})
