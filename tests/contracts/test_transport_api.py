"""What every provider's transport promises, tried against a server that speaks its API and keeps its limits.

A new provider joins with one file for its side (`api_NAME`) and one line in API_PEERS.
"""

from __future__ import annotations

import asyncio
import dataclasses
import gc
import logging
from collections.abc import Coroutine, Sequence
from datetime import timedelta
from typing import Any

import httpx
import pytest

from newsletter.config.transports import TransportSection
from newsletter.delivery.transports import Result, open_transport
from newsletter.delivery.transports.api import ApiTransport
from newsletter.delivery.transports.api_wire import measure
from newsletter.errors import (
    ConfigError,
    OutcomeUnknown,
    PermanentTransportError,
    TemporaryTransportError,
    TransportBusy,
    TransportError,
    TransportMisconfigured,
    TransportUnreachable,
)
from newsletter.model import Call, Submitted

from .api_peers import API_PEERS, IMPATIENT, KEY, as_read, reach, running, submit_to
from .api_server import ApiServer, Fault, cut_off, nonsense, slow, status
from .messages import SENDER, make_message

every_provider = pytest.mark.parametrize("name", API_PEERS)

GONE = "gone@mail.test"


def run(trial: Coroutine[Any, Any, Any]) -> Any:
    return asyncio.run(trial)


def submit_one(server: ApiServer, name: str, *faults: Fault, may_be_repeat: bool = False) -> Result:
    """The result of one message, whether it was a value or raised."""
    server.faults.extend(faults)
    try:
        (result,) = run(submit_to(server, name, make_message(), may_be_repeat=may_be_repeat))
    except TransportError as error:
        return error
    assert isinstance(result, (Submitted, TransportError))
    return result


# --- What arrives ---------------------------------------------------------------------------------


@every_provider
def test_a_mail_arrives_with_its_bodies_and_all_that_unsubscribes(name: str) -> None:
    message = make_message(7)
    with running(name) as server:
        (result,) = run(submit_to(server, name, message))
    (mail,) = server.mails
    wanted = as_read(message)
    assert isinstance(result, Submitted)
    assert result.provider_id
    assert (mail.recipient, mail.subject) == (wanted.recipient, wanted.subject)
    assert (mail.text.strip(), mail.html.strip()) == (wanted.text.strip(), wanted.html.strip())
    assert SENDER in mail.sender
    assert "每日论文" in mail.sender
    for field in ("list-unsubscribe", "list-unsubscribe-post", "list-id"):
        assert mail.headers[field] == wanted.headers[field]


@every_provider
def test_a_call_is_made_up_to_the_limit_and_everybody_gets_his_own(name: str) -> None:
    with running(name) as server:
        features = reach(name, server.endpoint).features
        messages = [make_message(number) for number in range(features.messages_per_call)]
        results = run(submit_to(server, name, *messages))
    assert len(server.requests) == 1
    assert all(isinstance(result, Submitted) for result in results)
    assert [mail.recipient for mail in server.mails] == [message.recipient for message in messages]
    for mail, message in zip(server.mails, messages, strict=True):
        link = as_read(message).headers["list-unsubscribe"]
        assert mail.headers["list-unsubscribe"] == link
        assert link.strip("<>") in mail.text


@every_provider
def test_an_answer_names_the_id_of_each_message(name: str) -> None:
    with running(name) as server:
        most = min(reach(name, server.endpoint).features.messages_per_call, 3)
        results = run(submit_to(server, name, *(make_message(number) for number in range(most))))
    assert all(isinstance(result, Submitted) and result.provider_id for result in results)


@every_provider
def test_connections_are_used_again(name: str) -> None:
    async def main(server: ApiServer) -> None:
        async with reach(name, server.endpoint) as transport:
            for number in range(4):
                await transport.submit(Call.of([make_message(number)]))

    with running(name) as server:
        run(main(server))
    assert len(server.mails) == 4
    assert len({request.client for request in server.requests}) == 1


@every_provider
def test_a_repeated_call_is_the_same_request(name: str) -> None:
    async def main(server: ApiServer) -> None:
        async with reach(name, server.endpoint) as transport:
            for may_be_repeat in (False, True):
                await transport.submit(Call.of([make_message(3)], may_be_repeat=may_be_repeat))

    with running(name) as server:
        run(main(server))
        idempotent = reach(name, server.endpoint).features.idempotent_for
    assert server.bodies[0] == server.bodies[1]
    assert len(server.mails) == (1 if idempotent else 2)


# --- What is refused ------------------------------------------------------------------------------


@every_provider
def test_a_bad_address_fails_alone_whatever_goes_with_it(name: str) -> None:
    with running(name) as server:
        most = min(reach(name, server.endpoint).features.messages_per_call, 9)
        messages = [make_message(number) for number in range(most)]
        messages[most // 2] = make_message(99, recipient=GONE)
        results: list[Result] = []
        for start in range(0, len(messages), most):
            results += run(submit_to(server, name, *messages[start : start + most]))
    refused = [isinstance(result, PermanentTransportError) for result in results]
    assert refused == [message.recipient == GONE for message in messages]
    taken = [message.recipient for message in messages if message.recipient != GONE]
    assert sorted(mail.recipient for mail in server.mails) == sorted(taken)


@every_provider
def test_an_address_beyond_ascii_fails_alone_and_is_not_handed_over(name: str) -> None:
    message = make_message(recipient="王@mail.test")
    with running(name) as server:
        (result,) = run(submit_to(server, name, message))
    assert isinstance(result, PermanentTransportError)
    assert server.requests == []


@every_provider
def test_a_wrong_key_stops_the_run_and_says_which_key(name: str) -> None:
    async def main(server: ApiServer) -> None:
        async with reach(name, server.endpoint, "wrong-key-that-nobody-may-see") as transport:
            with pytest.raises(TransportMisconfigured) as caught:
                await transport.submit(Call.of([make_message()]))
            assert f"[transport.{name}]" in caught.value.fix

    with running(name) as server:
        run(main(server))
    assert server.mails == []


@every_provider
@pytest.mark.parametrize("code", [401, 403])
def test_what_the_key_may_not_do_stops_the_run(name: str, code: int) -> None:
    with running(name) as server:
        assert type(submit_one(server, name, status(code))) is TransportMisconfigured


@every_provider
@pytest.mark.parametrize("code", [413, 422])
def test_a_message_that_is_refused_alone_has_failed(name: str, code: int) -> None:
    with running(name) as server:
        result = submit_one(server, name, status(code))
    assert isinstance(result, PermanentTransportError)
    assert not isinstance(result, TransportMisconfigured)
    assert str(code) in result.message


@every_provider
def test_too_many_requests_say_how_long_to_wait(name: str) -> None:
    with running(name) as server:
        result = submit_one(server, name, status(429, retry_after="7"))
    assert isinstance(result, TransportBusy), "no destination is slowed for it"
    assert result.retry_after == timedelta(seconds=7)
    assert server.mails == []


@every_provider
def test_a_provider_that_is_down_for_a_moment_is_temporary(name: str) -> None:
    with running(name) as server:
        result = submit_one(server, name, status(503))
    assert isinstance(result, TemporaryTransportError)
    assert not result.too_fast


# --- What nobody can say --------------------------------------------------------------------------


UNCLEAR = {
    "a gateway gave up": status(504),
    "an error of its own": status(500),
    "slow, taken": slow(0.9, taken=True),
    "slow, not taken": slow(0.9, taken=False),
    "cut off, taken": cut_off(taken=True),
    "cut off, not taken": cut_off(taken=False),
    "nonsense, taken": nonsense(taken=True),
    "nonsense, not taken": nonsense(taken=False),
}


@every_provider
@pytest.mark.parametrize("what", UNCLEAR)
def test_an_answer_that_is_lost_is_of_unknown_outcome(name: str, what: str) -> None:
    with running(name) as server:
        result = submit_one(server, name, UNCLEAR[what])
    assert isinstance(result, OutcomeUnknown)
    assert "\n" not in result.message


@every_provider
def test_a_repeat_after_a_lost_answer_hands_over_once_where_the_provider_knows_the_call(name: str) -> None:
    with running(name) as server:
        submit_one(server, name, cut_off(taken=True))
        again = submit_one(server, name, may_be_repeat=True)
        idempotent = reach(name, server.endpoint).features.idempotent_for
    assert isinstance(again, Submitted)
    assert len(server.mails) == (1 if idempotent else 2)


def test_a_lost_request_does_not_hold_the_rest_of_its_call_where_a_repeat_would_be_a_copy() -> None:
    async def main(server: ApiServer) -> Sequence[Result]:
        dialect = reach("postmark", server.endpoint).dialect
        size = measure(dialect.encode(make_message(1)))
        dialect.features = dataclasses.replace(dialect.features, bytes_per_call=2 * size)  # type: ignore[misc]
        async with ApiTransport(dialect, timeouts=IMPATIENT) as transport:
            return await transport.submit(Call.of(make_message(number) for number in range(1, 7)))

    with running("postmark") as server:
        server.faults.append(cut_off(taken=True))
        results = run(main(server))
    assert [type(result) for result in results] == [OutcomeUnknown] * 2 + [Submitted] * 4
    assert len(server.mails) == 6


def test_what_may_have_been_taken_is_not_given_back_with_what_fails_after_it() -> None:
    async def main(server: ApiServer) -> Sequence[Result]:
        dialect = reach("postmark", server.endpoint).dialect
        size = measure(dialect.encode(make_message(1)))
        dialect.features = dataclasses.replace(dialect.features, bytes_per_call=2 * size)  # type: ignore[misc]
        async with ApiTransport(dialect, timeouts=IMPATIENT) as transport:
            return await transport.submit(Call.of(make_message(number) for number in range(1, 5)))

    with running("postmark") as server:
        server.faults.extend([cut_off(taken=True), status(401)])
        results = run(main(server))
    assert [type(result) for result in results] == [OutcomeUnknown] * 2 + [TransportMisconfigured] * 2


@every_provider
def test_a_call_that_was_answered_is_not_kept(name: str) -> None:
    """Megabytes a call: they are free at once, not when the collector looks for circles."""

    async def main(server: ApiServer) -> list[object]:
        async with reach(name, server.endpoint) as transport:
            gc.collect()
            gc.disable()
            try:
                await transport.submit(Call.of([make_message()]))
                return [each for each in gc.get_objects() if isinstance(each, httpx.Request)]
            finally:
                gc.enable()

    with running(name) as server:
        assert run(main(server)) == []


@every_provider
def test_an_endpoint_that_nobody_listens_at_is_unreachable(name: str) -> None:
    async def main() -> None:
        async with reach(name, "http://127.0.0.1:1") as transport:
            with pytest.raises(TransportUnreachable) as caught:
                await transport.submit(Call.of([make_message()]))
            assert f"[transport.{name}]" in caught.value.fix

    run(main())


# --- Secrets, check, configuration ----------------------------------------------------------------


@every_provider
@pytest.mark.parametrize("code", [400, 401, 403, 404, 422, 429, 500, 503])
def test_a_key_is_in_no_error_no_log_and_no_repr(
    name: str, code: int, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with running(name) as server:
        result = submit_one(server, name, status(code, {"message": f"key {KEY} is wrong"}))
        transport = reach(name, server.endpoint)
    shown = [repr(result), str(result), repr(getattr(result, "__cause__", "")), repr(transport)]
    shown += [repr(transport.dialect), repr(API_PEERS[name].configure("", KEY)), caplog.text]
    assert all(KEY not in text for text in shown)


@every_provider
def test_the_check_finds_the_key_valid_and_mails_nobody(name: str) -> None:
    async def main(server: ApiServer) -> str:
        async with reach(name, server.endpoint) as transport:
            return await transport.check()

    with running(name) as server:
        found: str = run(main(server))
    assert "valid" in found
    assert server.mails == []


@every_provider
def test_the_check_finds_the_key_wrong(name: str) -> None:
    async def main(server: ApiServer) -> None:
        async with reach(name, server.endpoint, "wrong") as transport:
            with pytest.raises(TransportMisconfigured, match=name):
                await transport.check()

    with running(name) as server:
        run(main(server))


@every_provider
def test_a_check_that_is_refused_says_why(name: str) -> None:
    async def main(server: ApiServer) -> None:
        async with reach(name, server.endpoint) as transport:
            with pytest.raises(PermanentTransportError, match="told to answer 422"):
                await transport.check()

    with running(name) as server:
        server.faults.append(status(422))
        run(main(server))


@every_provider
def test_a_section_without_its_key_is_refused_before_anything_runs(name: str) -> None:
    with pytest.raises(ConfigError, match=rf"\[transport\.{name}\]"):
        open_transport(API_PEERS[name].configure("https://127.0.0.1", ""))


def test_the_configuration_names_every_provider_here() -> None:
    sections = set(TransportSection.__dataclass_fields__) - {"kind", "fallback", "file", "smtp"}
    assert sections == set(API_PEERS)
