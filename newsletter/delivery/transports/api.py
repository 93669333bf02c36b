"""Hands mails to a provider's HTTP API: the way of every call, whatever the provider.

    call → portions of at most so many bytes → request (`Dialect`) → wire (`api_wire`) → answer
      (and of one body, where a request has but one)
              2xx: a result for each message (`Dialect`)
              else what it says of all of them (`Dialect`, then `api_answers`); where one bad message
              refuses its whole portion, halves of it go, until the bad one stands alone

A provider is one file with a `Dialect`: what its requests look like and what its answers mean, pure.
"""

from __future__ import annotations

import ssl
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from types import TracebackType
from typing import Protocol, Self

import httpx

from newsletter.delivery.transports.api_answers import CallKnown, CallRefused, judge_status, quote_answer
from newsletter.delivery.transports.api_shared import address_key, share_request
from newsletter.delivery.transports.api_wire import (
    DEFAULT_TIMEOUTS,
    ApiWire,
    Content,
    Request,
    Timeouts,
    measure,
)
from newsletter.delivery.transports.base import Features, Result
from newsletter.errors import (
    OutcomeUnknown,
    PermanentTransportError,
    TransportError,
    TransportMisconfigured,
)
from newsletter.model import Call, Message, Submitted

_ALONE_AT_MOST = 10
"""So many messages refused one by one, and none taken: it is not the messages."""

_KEPT_FIELDS = ("content-type", "retry-after", "x-ratelimit-reset")

_Portion = tuple[tuple[Message, Content], ...]
"""Messages that go in one request, with their parts of it."""


class Dialect(Protocol):
    """A provider's API: pure, made from its section of the configuration."""

    @property
    def name(self) -> str:
        """As in `[transport] kind`."""
        ...

    @property
    def features(self) -> Features: ...

    @property
    def endpoint(self) -> str:
        """Scheme and host."""
        ...

    @property
    def secrets(self) -> tuple[str, ...]:
        """What must stand in no log and no error."""
        ...

    def encode(self, message: Message) -> Content:
        """The message's own part of a request's body; its length counts for `bytes_per_call`.

        Raises AddressRefused or another PermanentTransportError where this message cannot be written.
        """
        ...

    def make_request(self, call: Call, parts: Sequence[Content]) -> Request:
        """The request of a call, of the parts of its messages in their order."""
        ...

    def read_results(self, call: Call, answer: httpx.Response) -> Sequence[Result]:
        """What a 2xx answer says of each message.

        Raises ValueError (KeyError, TypeError) where the answer is not what the provider promises: then the
        outcome is unknown.
        """
        ...

    def read_failure(self, answer: httpx.Response) -> TransportError | CallRefused | CallKnown | None:
        """What any other answer says of the call; None: what its status says (`api_answers`)."""
        ...

    def make_check(self) -> Request:
        """A request that changes nothing and needs the key."""
        ...

    def read_check(self, answer: httpx.Response) -> str | None:
        """What the answer to it shows, in a few words; None where it is a failure like any other.

        Raises TransportError, ValueError (KeyError, TypeError).
        """
        ...


class ApiTransport:
    """A `Transport` to the provider of a dialect. Tests bring their own patience and trust."""

    def __init__(
        self,
        dialect: Dialect,
        *,
        timeouts: Timeouts = DEFAULT_TIMEOUTS,
        tls_context: ssl.SSLContext | None = None,
    ) -> None:
        self.dialect = dialect
        most = dialect.features.calls_at_once
        self._wire = ApiWire(dialect.name, dialect.endpoint, most, timeouts, tls_context)

    @property
    def name(self) -> str:
        return self.dialect.name

    @property
    def features(self) -> Features:
        return self.dialect.features

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._wire.close()

    async def submit(self, call: Call) -> tuple[Result, ...]:
        """As `Transport` says. Once a message of the call was taken, or may have been, what fails a later
        request as a whole is the result of the messages in it."""
        results: dict[str, Result] = {}
        portions = self._divide(call, results)
        waiting: deque[_Portion] = deque()  # halves of the portion in hand: no more of a call is in memory
        while portion := waiting.popleft() if waiting else next(portions, None):
            try:
                answers = await self._request(portion, call)
            except CallRefused as refusal:
                answers = self._single_out(portion, refusal, results, waiting)
            except TransportError as error:
                # Where a repeat would be a copy, the rest of the call is not held with what was lost.
                is_alone = isinstance(error, OutcomeUnknown) and self._goes_on_after(portion, call)
                if not is_alone and not _may_have_taken(results):
                    raise
                answers = [error] * len(portion)
            results |= zip((message.delivery_id for message, _ in portion), answers, strict=False)
        return tuple(results[message.delivery_id] for message in call.messages)

    def _goes_on_after(self, portion: _Portion, call: Call) -> bool:
        """Whether a lost request is the result of its own messages, and others of the call still go."""
        return self.features.idempotent_for is None and len(portion) < len(call.messages)

    async def check(self) -> str:
        answer = await self._send(self.dialect.make_check())
        try:
            found = self.dialect.read_check(answer)
        except (ValueError, KeyError, TypeError) as error:
            raise TransportMisconfigured(
                f"{self.name} answered what its API does not: {quote_answer(answer)}",
                fix=f"check [transport.{self.name}] endpoint",
            ) from error
        if found is not None:
            return found
        failure = self._read_failure(answer)
        raise failure.reason if isinstance(failure, CallRefused) else failure

    def _divide(self, call: Call, results: dict[str, Result]) -> Iterator[_Portion]:
        """The call in portions that a request may hold; who cannot be written has a result already."""
        portion: list[tuple[Message, Content]] = []
        addresses: set[str] = set()
        size, most = 0, self.features.bytes_per_call
        for message in call.messages:
            try:
                part = self.dialect.encode(message)
            except PermanentTransportError as error:
                results[message.delivery_id] = error
                continue
            length = measure(part)
            full = most is not None and size + length > most
            if portion and (full or not self._joins(message, portion[0][0], addresses)):
                yield tuple(portion)
                portion, addresses, size = [], set(), 0
            portion.append((message, part))
            addresses.add(address_key(message))
            size += length
        if portion:
            yield tuple(portion)

    def _joins(self, message: Message, first: Message, addresses: set[str]) -> bool:
        """Whether the message may go in one request with the first and those at `addresses`."""
        if not self.features.shares_bodies:
            return True
        return share_request(first, message) and address_key(message) not in addresses

    async def _request(self, portion: _Portion, whole: Call) -> Sequence[Result]:
        messages = tuple(message for message, _ in portion)
        call = whole
        if len(messages) != len(whole.messages):
            call = Call.of(messages, may_be_repeat=whole.may_be_repeat)
        answer = await self._send(self.dialect.make_request(call, [part for _, part in portion]))
        if not answer.is_success:
            failure = self._read_failure(answer)
            if isinstance(failure, CallKnown):
                return _settle_known(call, failure)
            raise failure
        try:
            results = self.dialect.read_results(call, answer)
            if len(results) != len(messages):
                raise ValueError(f"{len(results)} results for {len(messages)} messages")
        except (ValueError, KeyError, TypeError) as error:
            raise OutcomeUnknown(
                f"{self.name} answered what its API does not: {quote_answer(answer)}"
            ) from error
        return results

    async def _send(self, request: Request) -> httpx.Response:
        """The answer, without our secrets: some providers quote the key that they refuse."""
        answer = await self._wire.send(request)
        content = answer.content
        for secret in self.dialect.secrets:
            content = content.replace(secret.encode(), b"***")
        if content == answer.content:
            return answer
        kept = {name: answer.headers[name] for name in _KEPT_FIELDS if name in answer.headers}
        return httpx.Response(answer.status_code, headers=kept, content=content)

    def _read_failure(self, answer: httpx.Response) -> TransportError | CallRefused | CallKnown:
        return self.dialect.read_failure(answer) or judge_status(self.name, answer)

    def _single_out(
        self, portion: _Portion, refusal: CallRefused, results: dict[str, Result], waiting: deque[_Portion]
    ) -> Sequence[Result]:
        """The result of a message that is refused alone; for more of them none yet: their halves wait."""
        if len(portion) > 1:
            middle = len(portion) // 2
            waiting.extendleft((portion[middle:], portion[:middle]))
            return ()
        refused = sum(isinstance(result, PermanentTransportError) for result in results.values())
        if refused >= _ALONE_AT_MOST and not _may_have_taken(results):
            raise TransportMisconfigured(refusal.reason.message, fix=refusal.reason.fix) from refusal
        return (refusal.reason,)


def _settle_known(call: Call, known: CallKnown) -> Sequence[Result]:
    """A repeat was taken the first time. Where we know of no first time, nobody can say what became of it.

    Raises OutcomeUnknown.
    """
    if not call.may_be_repeat:
        raise OutcomeUnknown(known.said)
    return [Submitted(f"taken before: {known.said}")] * len(call.messages)


def _may_have_taken(results: Mapping[str, Result]) -> bool:
    """Whether a message was handed over, or may have been: none is then given back with an error of all."""
    return any(isinstance(result, Submitted | OutcomeUnknown) for result in results.values())
