"""Signs requests to Amazon SES: AWS Signature Version 4, by botocore, with keys given or found.

docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html. A signature covers
headers, body and the minute: it is made for each request anew and stands in no log. botocore is an optional
part of the installation and imported here alone. What the requests say is `ses`'s.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from newsletter.config.transports import SesConfig
from newsletter.delivery.transports.api_mails import require
from newsletter.delivery.transports.api_wire import Request
from newsletter.errors import ConfigError, TransportMisconfigured

_INSTALL = "pip install 'research-newsletter[ses]'"
_SERVICE = "ses"
_REGION = re.compile(r"[a-z]{2,4}(-[a-z]+)+-\d+")
_SUFFIXES = (("cn-", "amazonaws.com.cn"), ("eusc-", "amazonaws.eu"))
_HOST = re.compile(r"email(?:-fips)?\.([a-z0-9-]+)\.(?:amazonaws\.|api\.aws)")


def read_clock() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Keys:
    """What signs, under the names that botocore gives them."""

    access_key: str
    secret_key: str = field(repr=False)
    token: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Signer:
    """Signs what goes to `endpoint`, an SES of `region`."""

    endpoint: str
    region: str
    find_keys: Callable[[], Keys]
    clock: Callable[[], datetime] = read_clock

    def sign(self, request: Request) -> Request:
        """The request with what proves it ours, good for five minutes.

        Raises TransportMisconfigured where this machine has no credentials.
        """
        auth, aws = _import("botocore.auth"), _import("botocore.awsrequest")
        keys, stamp = self.find_keys(), self.clock().astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
        headers = {**request.headers, "X-Amz-Date": stamp}
        if keys.token:
            headers["X-Amz-Security-Token"] = keys.token
        unsigned = aws.AWSRequest(
            request.method, self.endpoint + request.path, headers=headers, data=request.body
        )
        unsigned.context["timestamp"] = stamp
        # Not `add_auth`: it takes the time itself, and writes the session token into the log.
        signer = auth.SigV4Auth(keys, _SERVICE, self.region)
        signature = signer.signature(
            signer.string_to_sign(unsigned, signer.canonical_request(unsigned)), unsigned
        )
        signed = signer.signed_headers(signer.headers_to_sign(unsigned))
        headers["Authorization"] = (
            f"AWS4-HMAC-SHA256 Credential={signer.scope(unsigned)}, "
            f"SignedHeaders={signed}, Signature={signature}"
        )
        return Request(request.method, request.path, request.content, headers)


def make_signer(config: SesConfig, *, clock: Callable[[], datetime] = read_clock) -> Signer:
    """Raises ConfigError: half a pair of keys, no region, an unknown one, or no botocore."""
    _import("botocore.auth")
    if config.access_key_id or config.secret_access_key or config.session_token:
        require("ses", access_key_id=config.access_key_id, secret_access_key=config.secret_access_key)
        given = Keys(config.access_key_id, config.secret_access_key, config.session_token)
        find_keys: Callable[[], Keys] = lambda: given  # noqa: E731
    else:
        find_keys = _Chain()
    region = config.region or _read_region(config.endpoint)
    endpoint = config.endpoint.rstrip("/") or _make_endpoint(region)
    return Signer(endpoint, region, find_keys, clock)


class _Chain:
    """The keys that AWS's own tools would find here: variables, profile, role of the machine.

    Reached for at the first request, and renewed by botocore before they expire: then it may wait for a
    neighbouring service of the machine, a few times a day.
    """

    def __init__(self) -> None:
        self._found: Any = None

    def __call__(self) -> Keys:
        failures, sessions = _import("botocore.exceptions"), _import("botocore.session")
        try:
            self._found = self._found or sessions.Session().get_credentials()
            frozen = self._found and self._found.get_frozen_credentials()
        except failures.BotoCoreError as error:
            raise _no_keys(" ".join(str(error).split())) from error
        if not frozen:
            raise _no_keys("none of AWS's usual places has any")
        return Keys(frozen.access_key, frozen.secret_key, frozen.token or "")


def _no_keys(why: str) -> TransportMisconfigured:
    return TransportMisconfigured(
        f"there are no AWS credentials: {why}",
        fix="set [transport.ses] access_key_id and secret_access_key, or what the AWS tools use",
    )


def _read_region(endpoint: str) -> str:
    """The region that the name of an endpoint of AWS has in it."""
    found = _HOST.match(urlsplit(endpoint).hostname or "")
    if not found:
        raise ConfigError(
            ["[transport.ses] region: must be set"], fix="name the region of your SES, such as eu-central-1"
        )
    return found[1]


def _make_endpoint(region: str) -> str:
    """docs.aws.amazon.com/general/latest/gr/ses.html; the suffix is that of the partition."""
    if not _REGION.fullmatch(region):
        raise ConfigError(
            [f"[transport.ses] region: AWS has none called {region!r}"],
            fix="name the region of your SES, such as eu-central-1",
        )
    suffix = next((suffix for start, suffix in _SUFFIXES if region.startswith(start)), "amazonaws.com")
    return f"https://email.{region}.{suffix}"


def _import(module: str) -> Any:
    from importlib import import_module  # noqa: PLC0415

    try:
        return import_module(module)
    except ImportError as error:
        raise ConfigError(["[transport] kind: ses needs botocore"], fix=_INSTALL) from error
