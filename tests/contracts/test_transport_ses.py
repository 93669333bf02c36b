"""What is Amazon SES's alone: signatures, where keys come from, its errors, and a mail that moto takes."""

from __future__ import annotations

import asyncio
import json
import logging
import sys
from base64 import b64decode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import botocore.auth
import httpx
import pytest
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.loaders import Loader

from newsletter.config.transports import SesConfig, TransportSection
from newsletter.delivery.transports import Result, open_transport
from newsletter.delivery.transports.api import ApiTransport
from newsletter.delivery.transports.api_answers import CallRefused
from newsletter.delivery.transports.ses import SesDialect
from newsletter.delivery.transports.ses_answers import SIGNS, judge_answer
from newsletter.delivery.transports.ses_signing import read_clock
from newsletter.errors import (
    AddressRefused,
    ConfigError,
    PermanentTransportError,
    TransportBusy,
    TransportError,
    TransportMisconfigured,
)
from newsletter.model import Call, Submitted

from .api_server import ApiServer, api_server
from .api_ses import ACCESS_KEY_ID, REGION, Ses
from .messages import make_message

NOW = datetime(2025, 9, 24, 8, 0, tzinfo=UTC)
SECRET, TOKEN = "secret-that-nobody-may-see", "token-that-nobody-may-see"
CONFIG = SesConfig(region=REGION, access_key_id=ACCESS_KEY_ID, secret_access_key=SECRET)


@pytest.fixture(autouse=True)
def _no_keys_of_this_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))


@contextmanager
def account(**facts: Any) -> Iterator[tuple[ApiServer, SesConfig]]:
    """An account listening, and the configuration that reaches it."""
    provider = Ses(key=SECRET, **facts)
    with api_server(provider) as server:
        yield server, replace(CONFIG, endpoint=server.endpoint)


def submit(dialect: SesDialect, *, number: int = 0) -> Result:
    async def main() -> Result:
        async with ApiTransport(dialect) as transport:
            (result,) = await transport.submit(Call.of([make_message(number)]))
        return result

    return asyncio.run(main())


def check(config: SesConfig) -> str:
    async def main() -> str:
        async with ApiTransport(SesDialect(config)) as transport:
            return await transport.check()

    return asyncio.run(main())


# --- The request ----------------------------------------------------------------------------------


def test_the_request_holds_the_raw_message_and_nothing_that_would_rewrite_it() -> None:
    message = make_message(1)
    dialect = SesDialect(CONFIG, clock=lambda: NOW)
    request = dialect.make_request(Call.of([message]), [dialect.encode(message)])
    body = json.loads(request.body)
    assert dialect.endpoint == "https://email.eu-central-1.amazonaws.com"
    assert (request.method, request.path) == ("POST", "/v2/email/outbound-emails")
    assert b64decode(body["Content"].pop("Raw")["Data"], validate=True) == message.raw
    assert body == {"Destination": {"ToAddresses": ["reader1@mail.test"]}, "Content": {}}


def test_a_signature_of_ours_that_could_not_hold_is_left_out() -> None:
    message = make_message(1)
    signed = replace(message, sign=lambda *_: b"DKIM-Signature:v=1; d=papers.test;\r\n b=abc\r\n def\r\n")
    dialect = SesDialect(CONFIG)
    assert dialect.encode(signed) == dialect.encode(message)


@pytest.mark.parametrize("token", ["", TOKEN])
@pytest.mark.parametrize("what", ["mail", "check"])
def test_the_signature_is_the_one_that_botocore_makes_at_that_moment(
    what: str, token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    dialect = SesDialect(replace(CONFIG, session_token=token), clock=lambda: NOW)
    message = make_message()
    made = dialect.make_request(Call.of([message]), [dialect.encode(message)])
    request = made if what == "mail" else dialect.make_check()
    kept = {name: value for name, value in request.headers.items() if name == "Content-Type"}
    theirs = AWSRequest(request.method, dialect.endpoint + request.path, kept, request.body)
    monkeypatch.setattr(botocore.auth, "get_current_datetime", lambda: NOW.replace(tzinfo=None))
    signer = botocore.auth.SigV4Auth(Credentials(ACCESS_KEY_ID, SECRET, token or None), "ses", REGION)
    signer.add_auth(theirs)
    assert dict(request.headers) == dict(theirs.headers.items())


def test_every_request_is_signed_at_its_own_time() -> None:
    moments = iter([NOW, NOW + timedelta(minutes=6)])
    dialect, message = SesDialect(CONFIG, clock=lambda: next(moments)), make_message()
    first, second = (dialect.make_request(Call.of([message]), [dialect.encode(message)]) for _ in range(2))
    assert first.body == second.body
    assert (first.headers["X-Amz-Date"], second.headers["X-Amz-Date"]) == (
        "20250924T080000Z",
        "20250924T080600Z",
    )
    assert first.headers["Authorization"] != second.headers["Authorization"]


def test_the_session_token_is_sent_signed_and_shown_nowhere(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with account(token=TOKEN) as (server, config):
        dialect = SesDialect(replace(config, session_token=TOKEN))
        assert isinstance(submit(dialect), Submitted)
    assert server.requests[0].headers["x-amz-security-token"] == TOKEN
    made = dialect.make_check()
    shown = repr((dialect, config, made, dialect._signer, dialect._signer.find_keys())) + caplog.text
    assert TOKEN not in shown
    assert SECRET not in shown


def test_a_clock_that_is_wrong_is_named() -> None:
    with account() as (_, config):
        late = SesDialect(config, clock=lambda: read_clock() - timedelta(hours=1))
        with pytest.raises(TransportMisconfigured) as caught:
            submit(late)
    assert "clock" in caught.value.fix


def test_ses_writes_date_and_message_id_anew_and_keeps_every_other_field() -> None:
    message = make_message(3)
    with account() as (server, config):
        submit(SesDialect(config), number=3)
        assert not SesDialect(config).features.keeps_bytes
    fields = {name.lower(): value for name, value in message.headers}
    changed = {name for name, value in fields.items() if server.mails[0].headers[name] != value}
    assert changed == {"date", "message-id"}


def test_the_configuration_set_goes_along_and_one_that_is_missing_stops_the_run() -> None:
    with account() as (server, config):
        assert isinstance(submit(SesDialect(replace(config, configuration_set="digest"))), Submitted)
        assert json.loads(server.bodies[0])["ConfigurationSetName"] == "digest"
        with pytest.raises(TransportMisconfigured, match="does not exist") as caught:
            submit(SesDialect(replace(config, configuration_set="digets")))
    assert "configuration_set" in caught.value.fix


# --- Where the keys come from ---------------------------------------------------------------------


def test_without_keys_of_ours_those_of_the_aws_tools_sign(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", ACCESS_KEY_ID)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    monkeypatch.setenv("AWS_SESSION_TOKEN", TOKEN)
    with account(token=TOKEN) as (_, config):
        dialect = SesDialect(replace(config, access_key_id="", secret_access_key=""))
        assert isinstance(submit(dialect), Submitted)
    assert dialect.secrets == (SECRET, TOKEN)


@pytest.mark.parametrize("profile", ["", "of-nobody"])
def test_a_machine_without_credentials_stops_the_run(profile: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if profile:
        monkeypatch.setenv("AWS_PROFILE", profile)
    with account() as (server, config):
        with pytest.raises(TransportMisconfigured, match="no AWS credentials") as caught:
            submit(SesDialect(replace(config, access_key_id="", secret_access_key="")))
        assert server.requests == []
    assert "[transport.ses] access_key_id" in caught.value.fix


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"region": ""}, "region: must be set"),
        ({"region": "", "endpoint": "http://127.0.0.1:1"}, "region: must be set"),
        ({"region": "Frankfurt"}, "none called 'Frankfurt'"),
        ({"secret_access_key": ""}, "secret_access_key: must be set"),
        ({"access_key_id": ""}, "access_key_id: must be set"),
        (
            {"access_key_id": "", "secret_access_key": "", "session_token": TOKEN},
            "access_key_id: must be set",
        ),
    ],
)
def test_half_a_configuration_is_refused_with_the_fix(changes: dict[str, Any], problem: str) -> None:
    with pytest.raises(ConfigError) as caught:
        open_transport(TransportSection(kind="ses", ses=replace(CONFIG, **changes)))
    assert f"[transport.ses] {problem}" in caught.value.message.replace("region: AWS has ", "")
    assert caught.value.fix


def test_without_botocore_the_fix_is_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "botocore.auth", None)
    with pytest.raises(ConfigError, match="botocore") as caught:
        open_transport(TransportSection(kind="ses", ses=CONFIG))
    assert caught.value.fix == "pip install 'research-newsletter[ses]'"


@pytest.mark.parametrize(
    ("region", "endpoint"),
    [
        ("us-east-1", "https://email.us-east-1.amazonaws.com"),
        ("us-gov-west-1", "https://email.us-gov-west-1.amazonaws.com"),
        ("cn-north-1", "https://email.cn-north-1.amazonaws.com.cn"),
        ("eusc-de-east-1", "https://email.eusc-de-east-1.amazonaws.eu"),
    ],
)
def test_a_region_has_its_endpoint_and_the_endpoint_its_region(region: str, endpoint: str) -> None:
    assert SesDialect(replace(CONFIG, region=region)).endpoint == endpoint
    dialect = SesDialect(replace(CONFIG, region="", endpoint=f"{endpoint}/"), clock=lambda: NOW)
    assert dialect.endpoint == endpoint
    named = dialect.make_check()
    assert f"/20250924/{region}/ses/aws4_request" in named.headers["Authorization"]


# --- What it refuses ------------------------------------------------------------------------------


def judge(status: int, name: str, words: str, *, in_body: bool = False) -> TransportError:
    """What is said of the call, or of the message in it."""
    body = {"message": words} | ({"__type": f"com.amazonaws.sesv2#{name}"} if in_body else {})
    headers = {} if in_body else {"x-amzn-ErrorType": f"{name}:http://internal.amazon.com/"}
    judged = judge_answer(httpx.Response(status, headers=headers, json=body))
    assert judged is not None
    return judged.reason if isinstance(judged, CallRefused) else judged


@pytest.mark.parametrize(
    ("status", "name", "words", "kind", "fix"),
    [
        (429, "TooManyRequestsException", "Too many", TransportBusy, ""),
        (400, "Throttling", "Maximum sending rate exceeded.", TransportBusy, ""),
        (400, "ThrottlingException", "Maximum sending rate exceeded.", TransportBusy, ""),
        (400, "LimitExceededException", "Maximum sending rate exceeded.", TransportBusy, ""),
        (400, "ThrottlingException", "Daily message quota exceeded", TransportMisconfigured, "24-hour"),
        (429, "TooManyRequestsException", "Daily message quota exceeded", TransportMisconfigured, "24-hour"),
        (400, "LimitExceededException", "", TransportMisconfigured, "quotas"),
        (400, "AccountSuspendedException", "", TransportMisconfigured, "closed"),
        (400, "SendingPausedException", "", TransportMisconfigured, "resume"),
        (400, "MailFromDomainNotVerifiedException", "", TransportMisconfigured, "MX"),
        (400, "MessageRejected", "Email address is not verified. …", TransportMisconfigured, "[sender]"),
        (400, "MessageRejected", "content", PermanentTransportError, ""),
        (404, "NotFoundException", "Configuration set <x> does not exist.", TransportMisconfigured, "set"),
        (400, "BadRequestException", "Illegal address", AddressRefused, ""),
        (400, "BadRequestException", "Missing final '@domain'", AddressRefused, ""),
        (400, "BadRequestException", "Invalid email address .", AddressRefused, ""),
        (400, "BadRequestException", "Domain contains control or whitespace", AddressRefused, ""),
        (400, "BadRequestException", "Duplicate header 'Subject'.", PermanentTransportError, ""),
        (403, "InvalidSignatureException", "does not match", TransportMisconfigured, "secret_access_key"),
        (403, "InvalidSignatureException", "Signature expired: …", TransportMisconfigured, "clock"),
        (400, "IncompleteSignature", "", TransportMisconfigured, "secret_access_key"),
        (403, "UnrecognizedClientException", "", TransportMisconfigured, "access_key_id"),
        (403, "ExpiredTokenException", "", TransportMisconfigured, "session_token"),
        (403, "AccessDeniedException", "", TransportMisconfigured, "ses:SendEmail"),
        (400, "AccessDeniedException", "", TransportMisconfigured, "ses:SendEmail"),
    ],
)
@pytest.mark.parametrize("in_body", [False, True])
def test_an_error_means_what_its_documentation_says(
    *, status: int, name: str, words: str, kind: type[TransportError], fix: str, in_body: bool
) -> None:
    judged = judge(status, name, words, in_body=in_body)
    assert type(judged) is kind
    assert fix in judged.fix
    assert name in judged.message


def test_every_error_of_the_service_model_is_in_the_table() -> None:
    model = Loader().load_service_model("sesv2", "service-2")
    named = {error["shape"] for error in model["operations"]["SendEmail"]["errors"]}
    named |= {error["shape"] for error in model["operations"]["GetAccount"]["errors"]}
    assert named <= {name for sign in SIGNS for name in sign.names.split()}
    assert all("amazon" in sign.source for sign in SIGNS)


def test_an_error_nobody_knows_is_left_to_its_status() -> None:
    assert judge_answer(httpx.Response(500, headers={"x-amzn-ErrorType": "InternalFailure"})) is None
    assert judge_answer(httpx.Response(502, text="<html>")) is None


def test_readers_of_a_sandbox_who_are_not_verified_stop_the_run() -> None:
    with account(in_sandbox=True) as (_, config), pytest.raises(TransportMisconfigured) as caught:
        submit(SesDialect(config))
    assert "production access" in caught.value.fix


# --- The check ------------------------------------------------------------------------------------


def test_the_check_shows_quota_rate_and_standing() -> None:
    with account(in_sandbox=True, standing="PROBATION") as (_, config):
        assert check(config) == (
            "the key is valid in eu-central-1; 0 of 50,000 mails used in 24 hours; 14 a second; "
            "in the sandbox: only verified addresses get mail; reputation: probation"
        )


def test_the_check_finds_an_account_that_may_not_send() -> None:
    with (
        account(sends=False, standing="SHUTDOWN") as (_, config),
        pytest.raises(TransportMisconfigured, match="may not send") as caught,
    ):
        check(config)
    assert "console" in caught.value.fix


# --- A server that is not ours --------------------------------------------------------------------


def test_moto_takes_a_mail_and_has_it_whole() -> None:
    from moto.moto_server.threaded_moto_server import ThreadedMotoServer
    from moto.sesv2.models import sesv2_backends

    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        backend = sesv2_backends["123456789012"][REGION]
        backend.create_email_identity("papers.test", [], {}, "")
        result = submit(SesDialect(replace(CONFIG, endpoint=f"http://{host}:{port}")), number=4)
        (sent,) = backend.core_backend.sent_messages
    finally:
        server.stop()
        assert server._server is not None
        server._server.server_close()
    assert isinstance(result, Submitted)
    assert result.provider_id == sent.id
    assert sent.raw_data.encode() == make_message(4).raw
    assert "reader4@mail.test" in sent.destinations
