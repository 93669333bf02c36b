"""What every transport promises (transports/base.py), tried on each against the real other side.

A new transport joins with one function in PEERS and one in UNREACHABLE, a provider's by API_PEERS.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, fields
from datetime import timedelta
from pathlib import Path

import pytest

from newsletter.config.transports import KINDS, FileConfig, SmtpConfig, TransportSection
from newsletter.delivery.transports import Transport, open_transport
from newsletter.errors import (
    ConfigError,
    PermanentTransportError,
    TransportMisconfigured,
    TransportUnreachable,
)
from newsletter.model import Message, Submitted

from .api_peers import API_PEERS, as_read, reach, running
from .api_server import Accepted
from .messages import make_call, make_message
from .smtp_servers import Mailbox, smtp_config, smtp_server

DOCS = Path(__file__).resolve().parents[2] / "docs" / "transports"
REFUSED = "gone@mail.test"
PASSWORD = "hunter2-is-secret"


@dataclass(frozen=True)
class Peer:
    """A transport, and what the other side holds of what it was given."""

    transport: Transport
    received: Callable[[], list[object]]
    expect: Callable[[Message], object] = lambda message: message.raw
    """What `received` has of a message."""


@asynccontextmanager
async def file_peer(tmp_path: Path) -> AsyncIterator[Peer]:
    outbox = tmp_path / "outbox"
    transport = open_transport(TransportSection(kind="file", file=FileConfig(outbox)))
    yield Peer(transport, lambda: [path.read_bytes() for path in outbox.glob("*")])


@asynccontextmanager
async def smtp_peer(tmp_path: Path) -> AsyncIterator[Peer]:
    mailbox = Mailbox({REFUSED: "550 5.1.1 no such mailbox"})
    async with smtp_server(mailbox) as port:
        transport = open_transport(TransportSection(kind="smtp", smtp=smtp_config(port)))
        yield Peer(transport, lambda: mailbox.mails)


def api_peer(name: str) -> Callable[[Path], AbstractAsyncContextManager[Peer]]:
    @asynccontextmanager
    async def peer(tmp_path: Path) -> AsyncIterator[Peer]:
        with running(name) as server:
            yield Peer(reach(name, server.endpoint), lambda: list(map(sight, server.mails)), look)

    def sight(mail: Accepted) -> object:
        return mail.recipient, mail.subject, mail.text, mail.html, mail.headers["list-unsubscribe"]

    def look(message: Message) -> object:
        return sight(as_read(message))

    return peer


def unwritable_file(tmp_path: Path) -> Transport:
    blocked = tmp_path / "a-file"
    blocked.write_text("no folder")
    return open_transport(TransportSection(kind="file", file=FileConfig(blocked / "outbox")))


def unreachable_smtp(tmp_path: Path) -> Transport:
    config = SmtpConfig(host="127.0.0.1", port=1, username="digest", password=PASSWORD)
    return open_transport(TransportSection(kind="smtp", smtp=config))


PEERS: dict[str, Callable[[Path], AbstractAsyncContextManager[Peer]]] = {
    "file": file_peer,
    "smtp": smtp_peer,
    **{name: api_peer(name) for name in API_PEERS},
}
UNREACHABLE: dict[str, Callable[[Path], Transport]] = {
    "file": unwritable_file,
    "smtp": unreachable_smtp,
    **{name: lambda _, name=name: reach(name, "http://127.0.0.1:1", PASSWORD) for name in API_PEERS},  # type: ignore[misc]
}
REFUSING = [name for name in PEERS if name != "file"]

every_transport = pytest.mark.parametrize("name", PEERS)


def test_code_configuration_and_this_suite_know_the_same_transports() -> None:
    (kind,) = (field for field in fields(TransportSection) if field.name == "kind")
    assert set(KINDS) == set(kind.metadata["facts"].choices) == set(PEERS) == set(UNREACHABLE)


def test_an_unknown_transport_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ConfigError, match=r"'pigeon'; there are: .*file, .*smtp"):
        open_transport(TransportSection(kind="pigeon"))


CLOSED_DOOR = (TransportMisconfigured, TransportUnreachable)
"""What ends a run: nothing goes before somebody acts, or before the server is back."""


@every_transport
def test_the_transport_says_what_it_can(name: str, tmp_path: Path) -> None:
    transport = UNREACHABLE[name](tmp_path)
    assert transport.name == name
    assert transport.features.calls_at_once >= 1
    assert transport.features.messages_per_call >= 1


@every_transport
def test_the_bytes_of_a_message_arrive_as_they_are(name: str, tmp_path: Path) -> None:
    message = make_message(1)

    async def main() -> None:
        async with PEERS[name](tmp_path) as peer, peer.transport as transport:
            (result,) = await transport.submit(make_call(message))
            assert isinstance(result, Submitted)
            assert result.answer
            assert peer.received() == [peer.expect(message)]

    asyncio.run(main())


@every_transport
def test_more_calls_than_slots_all_arrive_once(name: str, tmp_path: Path) -> None:
    messages = [make_message(number) for number in range(60)]

    async def main() -> None:
        async with PEERS[name](tmp_path) as peer, peer.transport as transport:
            assert transport.features.calls_at_once < len(messages)
            results = await asyncio.gather(*(transport.submit(make_call(message)) for message in messages))
            assert all(isinstance(result, Submitted) for (result,) in results)
            assert sorted(peer.received(), key=repr) == sorted(map(peer.expect, messages), key=repr)

    asyncio.run(main())


@every_transport
def test_a_repeated_call_gives_the_same_bytes(name: str, tmp_path: Path) -> None:
    async def main() -> None:
        async with PEERS[name](tmp_path) as peer, peer.transport as transport:
            await transport.submit(make_call(make_message(7)))
            await transport.submit(make_call(make_message(7), may_be_repeat=True))
            assert set(peer.received()) == {peer.expect(make_message(7))}

    asyncio.run(main())


@every_transport
def test_results_come_in_the_order_of_the_messages(name: str, tmp_path: Path) -> None:
    async def main() -> None:
        async with PEERS[name](tmp_path) as peer, peer.transport as transport:
            messages = [
                make_message(number) for number in range(min(transport.features.messages_per_call, 3))
            ]
            if name in REFUSING:
                messages[-1] = make_message(99, recipient=REFUSED)
            results = await transport.submit(make_call(*messages))
            refused = [isinstance(result, PermanentTransportError) for result in results]
            assert refused == [message.recipient == REFUSED for message in messages]

    asyncio.run(main())


@pytest.mark.parametrize("name", REFUSING)
def test_a_refused_address_fails_alone(name: str, tmp_path: Path) -> None:
    async def main() -> None:
        async with PEERS[name](tmp_path) as peer, peer.transport as transport:
            for number in range(3):
                (refused,) = await transport.submit(make_call(make_message(50 + number, recipient=REFUSED)))
                assert isinstance(refused, PermanentTransportError)
                (taken,) = await transport.submit(make_call(make_message(number)))
                assert isinstance(taken, Submitted)
            wanted = [peer.expect(make_message(number)) for number in range(3)]
            assert sorted(peer.received(), key=repr) == sorted(wanted, key=repr)

    asyncio.run(main())


@every_transport
def test_what_cannot_be_reached_stops_the_run_and_says_what_to_do(name: str, tmp_path: Path) -> None:
    async def main() -> None:
        async with UNREACHABLE[name](tmp_path) as transport:
            for _ in range(2):
                with pytest.raises(CLOSED_DOOR) as caught:
                    await transport.submit(make_call(make_message()))
                assert "\n" not in caught.value.message
                assert f"[transport.{name}]" in caught.value.fix
                assert caught.value.__cause__ is not None

    asyncio.run(main())


@every_transport
def test_entering_and_leaving_reaches_for_nothing(name: str, tmp_path: Path) -> None:
    async def main() -> None:
        async with UNREACHABLE[name](tmp_path):
            pass

    asyncio.run(main())


@every_transport
def test_the_check_mails_nobody_and_finds_what_cannot_be_reached(name: str, tmp_path: Path) -> None:
    async def main() -> None:
        async with PEERS[name](tmp_path) as peer, peer.transport as transport:
            assert await transport.check()
            assert peer.received() == []
        async with UNREACHABLE[name](tmp_path) as transport:
            with pytest.raises(CLOSED_DOOR) as caught:
                await transport.check()
            assert f"[transport.{name}]" in caught.value.fix

    asyncio.run(main())


@every_transport
def test_the_table_of_features_says_what_the_code_does(name: str, tmp_path: Path) -> None:
    features = UNREACHABLE[name](tmp_path).features
    size = f"{features.bytes_per_call / 1e6:g} MB" if features.bytes_per_call else "-"
    known = features.idempotent_for
    row = (
        f"[{name}]({name}.md)",
        f"{features.messages_per_call:,}",
        size,
        "shared" if features.shares_bodies else "own",
        _show_hours(known) if known else "none",
        "fails alone" if features.refuses_alone else "fails its call, then found",
        "kept" if features.keeps_bytes else "written anew",
        "offered again" if features.repeats_are_cheap or known else "held",
    )
    table = (DOCS / "README.md").read_text(encoding="utf-8").splitlines()
    assert f"| {' | '.join(row)} |" in table
    assert (DOCS / f"{name}.md").exists()


def _show_hours(known: timedelta) -> str:
    minutes = known.total_seconds() / 60
    return f"{minutes / 60:g} h" if minutes >= 60 else f"{minutes:g} min"


@every_transport
def test_no_secret_is_shown(name: str, tmp_path: Path) -> None:
    async def main() -> None:
        async with UNREACHABLE[name](tmp_path) as transport:
            with pytest.raises(CLOSED_DOOR) as caught:
                await transport.submit(make_call(make_message()))
            assert PASSWORD not in repr(transport) + repr(caught.value) + repr(caught.value.__cause__)

    asyncio.run(main())
