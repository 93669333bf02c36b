"""Fetches one document by HTTPS, within limits of time, size and redirects.

Foreign exceptions become DigestErrors here, and nowhere do messages carry credentials. Which
address is fetched, and what the bytes mean, is for `source` and `read`.
"""

from __future__ import annotations

import contextlib
import ipaddress
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from newsletter import __version__
from newsletter.errors import DigestError, DigestNotFound

if TYPE_CHECKING:
    import httpx

_GONE = {404, 410}


@dataclass(frozen=True, slots=True)
class FetchLimits:
    """How long and how much a fetch may take. `loopback_http`: plain http is fine on this machine."""

    max_bytes: int = 20_000_000
    silence_seconds: float = 20.0
    total_seconds: float = 120.0
    redirects: int = 5
    loopback_http: bool = True


def fetch_document(url: str, limits: FetchLimits) -> bytes:
    """The body at `url`.

    Raises DigestNotFound where the server says there is none (404, 410), DigestError for anything
    else that goes wrong. A redirect leads to https only, or from this machine to itself.
    """
    import httpx  # noqa: PLC0415 - slow to import, and folders do not need it

    try:
        with httpx.Client(
            timeout=limits.silence_seconds, headers={"User-Agent": f"newsletter/{__version__}"}
        ) as client:
            return _follow(client, url, limits)
    except httpx.TimeoutException as error:
        raise _error(url, f"no answer within {limits.silence_seconds:g} seconds") from error
    except httpx.ConnectError as error:
        raise _error(url, f"cannot be reached ({error})") from error
    except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:  # OSError: an unusable SSL_CERT_FILE
        raise _error(url, f"the transfer failed ({type(error).__name__})") from error


def public_address(url: str) -> str:
    """`url` as it may be shown: without user, password, query and fragment."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return "this address"
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


def _follow(client: httpx.Client, url: str, limits: FetchLimits) -> bytes:
    deadline = time.monotonic() + limits.total_seconds
    request = client.build_request("GET", url)
    may_be_plain = limits.loopback_http and _is_plain_loopback(request.url)
    for _ in range(limits.redirects + 1):
        if request.url.scheme != "https" and not (may_be_plain and _is_plain_loopback(request.url)):
            raise _error(url, "only https addresses are fetched, redirects included", fix="use https://")
        with contextlib.closing(client.send(request, stream=True)) as response:
            if response.next_request is None:
                _check_status(url, response)
                return _read_body(url, response, limits, deadline)
            request = response.next_request
    raise _error(url, f"more than {limits.redirects} redirects")


def _is_plain_loopback(url: httpx.URL) -> bool:
    try:
        is_loopback = url.host == "localhost" or ipaddress.ip_address(url.host).is_loopback
    except ValueError:
        return False
    return url.scheme == "http" and is_loopback


def _check_status(url: str, response: httpx.Response) -> None:
    if response.status_code in _GONE:
        raise DigestNotFound(f"{public_address(url)}: no such document", source=public_address(url))
    if not response.is_success:
        raise _error(url, f"the server answered {response.status_code}")


def _read_body(url: str, response: httpx.Response, limits: FetchLimits, deadline: float) -> bytes:
    body = bytearray()
    for piece in response.iter_bytes():
        body += piece
        if len(body) > limits.max_bytes:
            raise _error(url, f"the document is larger than {limits.max_bytes:,} bytes")
        if time.monotonic() > deadline:
            raise _error(url, f"the transfer took longer than {limits.total_seconds:g} seconds")
    return bytes(body)


def _error(url: str, message: str, fix: str = "") -> DigestError:
    address = public_address(url)
    return DigestError(f"{address}: {message}", source=address, fix=fix)
