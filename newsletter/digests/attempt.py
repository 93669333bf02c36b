"""One attempt to fetch a document.

    hop → a connection to a judged address (`connect`) → a redirect: the next hop
                                                       → 304: what was kept (`kept`)
                                                       → 200: the body (`body`), kept with its validators

Foreign exceptions become AttemptFailed here. httpx logs whole addresses, so only its URLs are used;
httpcore beneath it logs none. No proxy of the environment is used: nobody could judge where it connects to.
"""

from __future__ import annotations

import base64
import contextlib
import re
import ssl
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime

import httpcore
import httpx

from newsletter import __version__
from newsletter.digests.addresses import public_address
from newsletter.digests.body import ACCEPTED_CODING, read_body
from newsletter.digests.connect import DeadlinePassed, JudgedBackend, time_left
from newsletter.digests.kept import KeptDocument, KeptDocuments, name_kept
from newsletter.digests.limits import FetchLimits
from newsletter.digests.retries import RETRIED_STATUSES, AttemptFailed
from newsletter.errors import DigestNotFound
from newsletter.retry_after import read_retry_after

_GONE = {404, 410}
_REDIRECTS = {301, 302, 303, 307, 308}
_NOT_MODIFIED = 304
_LONGEST_VALIDATOR = 1_000
"""Characters; a longer one is not worth sending back every day."""

_ERRNO = re.compile(r"^\[Errno -?\d+\] ")


class Attempt:
    """Fetches `url`, as often as `make` is called, until `deadline` (of time.monotonic)."""

    def __init__(self, url: str, limits: FetchLimits, deadline: float, kept: KeptDocuments | None) -> None:
        self._url = url.strip()
        self._limits = limits
        self._deadline = deadline
        self._kept = kept
        self._distrusts_caches = False

    def make(self) -> bytes:
        """The document. Raises DigestNotFound (404, 410), AttemptFailed."""
        with self._mapped_errors():
            first = hop = httpx.URL(self._url)
            context = httpx.create_ssl_context()
            for _ in range(self._limits.redirects + 1):
                self._check_hop(hop, first)
                answer = self._ask(hop, first, context)
                if isinstance(answer, bytes):
                    return answer
                hop = answer
        raise AttemptFailed(f"more than {self._limits.redirects} redirects")

    def _check_hop(self, hop: httpx.URL, first: httpx.URL) -> None:
        if not hop.host:
            raise AttemptFailed("the address names no host")
        may_be_plain = self._limits.private_addresses and first.scheme == "http"
        if hop.scheme != "https" and not (may_be_plain and hop.scheme == "http"):
            fix = "use https://"
            if hop.scheme == "http" and not self._limits.private_addresses:
                fix += ", or set [digest] private_addresses = true if this server is yours"
            raise AttemptFailed("only https addresses are fetched, redirects included", fix=fix)

    def _ask(self, hop: httpx.URL, first: httpx.URL, context: ssl.SSLContext) -> bytes | httpx.URL:
        """The document, or the address it is to be had from."""
        key = name_kept(str(hop))
        kept = self._kept.find(key) if self._kept and not self._distrusts_caches else None
        conditions = kept.conditions() if kept else {}
        headers = {**_describe_us(hop, first), **conditions}
        headers |= {"Cache-Control": "no-cache"} if self._distrusts_caches else {}
        with self._open(hop, headers, context) as answer:
            if following := _find_redirect(hop, answer):
                return following
            if answer.status == _NOT_MODIFIED and kept and conditions:
                document = kept
            else:
                document = self._read_document(answer)
        if self._kept and document.conditions():
            self._kept.keep(key, document)
        return document.content

    @contextlib.contextmanager
    def _open(
        self, hop: httpx.URL, headers: Mapping[str, str], context: ssl.SSLContext
    ) -> Iterator[httpcore.Response]:
        backend = JudgedBackend(
            private=self._limits.private_addresses,
            plain=hop.scheme == "http",
            deadline=self._deadline,
        )
        url = httpcore.URL(scheme=hop.raw_scheme, host=hop.raw_host, port=hop.port, target=hop.raw_path)
        silence = self._limits.silence_seconds
        timeout = {"connect": self._limits.connect_seconds, "read": silence, "write": silence}
        with (
            httpcore.ConnectionPool(ssl_context=context, network_backend=backend) as pool,
            pool.stream("GET", url, headers=_encode(headers), extensions={"timeout": timeout}) as answer,
        ):
            yield answer

    def _read_document(self, answer: httpcore.Response) -> KeptDocument:
        if answer.status in _GONE:
            shown = public_address(self._url)
            raise DigestNotFound(f"{shown}: no such document", source=shown)
        if not 200 <= answer.status < 300:
            # A 304 that nobody asked for is a cache's on the way: it is told to ask the server.
            self._distrusts_caches = answer.status == _NOT_MODIFIED
            raise AttemptFailed(
                f"the server answered {answer.status}",
                again=answer.status in RETRIED_STATUSES or self._distrusts_caches,
                wait=read_retry_after(_header(answer, b"retry-after"), datetime.now(UTC)),
            )
        pieces = answer.iter_stream()
        body = read_body(pieces, _header(answer, b"content-encoding"), self._limits.max_bytes)
        etag, last_modified = _header(answer, b"etag"), _header(answer, b"last-modified")
        return KeptDocument(
            body,
            etag if len(etag) <= _LONGEST_VALIDATOR else "",
            last_modified if len(last_modified) <= _LONGEST_VALIDATOR else "",
        )

    @contextlib.contextmanager
    def _mapped_errors(self) -> Iterator[None]:
        limits = self._limits
        try:
            yield
        except DeadlinePassed as error:
            raise self._too_slow() from error
        except httpcore.TimeoutException as error:
            try:
                time_left(self._deadline, None)
            except DeadlinePassed:
                raise self._too_slow() from error
            is_connecting = isinstance(error, httpcore.ConnectTimeout)
            seconds = limits.connect_seconds if is_connecting else limits.silence_seconds
            raise AttemptFailed(f"no answer within {seconds:g} seconds", again=True) from error
        except httpcore.ConnectError as error:
            # The pool cuts the cause off; httpcore makes its errors of the system's.
            is_distrusted = any(isinstance(each, ssl.SSLCertVerificationError) for each in error.args)
            reason = _ERRNO.sub("", str(error)) or type(error).__name__
            raise AttemptFailed(f"cannot be reached ({reason})", again=not is_distrusted) from error
        except (httpcore.NetworkError, httpcore.RemoteProtocolError) as error:
            raise AttemptFailed(f"the transfer failed ({type(error).__name__})", again=True) from error
        except (httpcore.ProtocolError, OSError) as error:  # OSError: an unusable SSL_CERT_FILE
            raise AttemptFailed(f"the transfer failed ({type(error).__name__})") from error
        except (httpx.InvalidURL, ValueError):  # their words may repeat a password
            fix = "write @ / : ? # of a password as %40 %2F %3A %3F %23"
            raise AttemptFailed("cannot be read, or leads to an address that cannot", fix=fix) from None

    def _too_slow(self) -> AttemptFailed:
        return AttemptFailed(f"the transfer took longer than {self._limits.total_seconds:g} seconds")


def _describe_us(hop: httpx.URL, first: httpx.URL) -> dict[str, str]:
    headers: dict[str, str] = {
        "Host": hop.netloc.decode("ascii"),
        "User-Agent": f"newsletter/{__version__}",
        "Accept": "*/*",
        "Accept-Encoding": ACCEPTED_CODING,
    }
    if _origin(hop) == _origin(first) and (first.username or first.password):
        login = f"{first.username}:{first.password}".encode()
        headers["Authorization"] = f"Basic {base64.b64encode(login).decode('ascii')}"  # RFC 7617
    return headers


def _encode(headers: Mapping[str, str]) -> list[tuple[bytes, bytes]]:
    """As `_header` decodes them: an entity tag goes back as it came."""
    return [(name.encode("ascii"), value.encode("latin-1")) for name, value in headers.items()]


def _origin(url: httpx.URL) -> tuple[bytes, bytes, int | None]:
    """Who may know the user and the password (httpx leaves out a scheme's own port)."""
    return url.raw_scheme, url.raw_host, url.port


def _find_redirect(hop: httpx.URL, answer: httpcore.Response) -> httpx.URL | None:
    location = _header(answer, b"location")
    if answer.status not in _REDIRECTS or not location:
        return None
    # Many servers send UTF-8 here although RFC 9110 §10.2.2 wants it escaped.
    following = hop.join(location.encode("latin-1").decode("utf-8", "replace"))
    return following.copy_with(fragment=None)


def _header(answer: httpcore.Response, name: bytes) -> str:
    """The first of that name; bytes that are no ASCII stay what they are."""
    found = (value for each, value in answer.headers if each.lower() == name)
    return next(found, b"").decode("latin-1")
