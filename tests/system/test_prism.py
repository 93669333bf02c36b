"""The transports of providers before a mock that Prism makes of the provider's own OpenAPI file.

A second reader of the files that `tests/contracts/test_openapi.py` reads, and over HTTP. It judges the shape
of requests; its answers are examples, which say less than the provider's.
"""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx
import pytest

from newsletter.delivery.transports.api import ApiTransport
from newsletter.delivery.transports.api_wire import Request
from newsletter.errors import OutcomeUnknown
from newsletter.model import Call, Message
from tests.contracts.api_peers import reach
from tests.contracts.messages import make_message
from tests.contracts.openapi_files import (
    PUBLISHED,
    PUBLISHED_WITH_CHECK,
    change_first,
    find_specification,
    make_messages,
)
from tests.running import find_free_port
from tests.system.node_tools import find_node_file

pytestmark = pytest.mark.system


@contextmanager
def mock_of(specification: Path) -> Iterator[str]:
    """The address where Prism answers for the provider."""
    address = ("127.0.0.1", str(find_free_port()))
    process = subprocess.Popen(
        [find_node_file(".bin/prism"), "mock", "--host", address[0], "--port", address[1], specification],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    try:
        _wait_until_it_listens(process)
        yield f"http://{':'.join(address)}"
    finally:
        process.terminate()
        process.communicate(timeout=20)


def _wait_until_it_listens(process: subprocess.Popen[bytes]) -> None:
    assert process.stdout is not None
    said = []
    for line in process.stdout:
        said.append(line.decode())
        if "Prism is listening" in said[-1]:
            return
    raise AssertionError("Prism did not come up:\n" + "".join(said))


class Watched(ApiTransport):
    """A transport that notes the status of each answer, and may have its requests broken."""

    def __init__(self, name: str, endpoint: str, change: Callable[[Request], Request]) -> None:
        super().__init__(reach(name, endpoint).dialect)
        self.statuses: list[int] = []
        self._change = change

    async def _send(self, request: Request) -> httpx.Response:
        answer = await super()._send(self._change(request))
        self.statuses.append(answer.status_code)
        return answer


def submit(
    name: str,
    endpoint: str,
    messages: Sequence[Message],
    change: Callable[[Request], Request] = lambda request: request,
) -> list[int]:
    async def main() -> list[int]:
        async with Watched(name, endpoint, change) as transport:
            with suppress(OutcomeUnknown):  # an example answers for one message, or names no id
                await transport.submit(Call.of(messages))
        return transport.statuses

    return asyncio.run(main())


@pytest.mark.parametrize("name", PUBLISHED)
def test_prism_takes_every_call_in_one_request(name: str, shared_folder: Path) -> None:
    with mock_of(find_specification(shared_folder, name)) as endpoint:
        for what, messages in make_messages(name).items():
            (status,) = submit(name, endpoint, messages)
            assert 200 <= status < 300, what


@pytest.mark.parametrize("name", PUBLISHED_WITH_CHECK)
def test_prism_takes_the_check(name: str, shared_folder: Path) -> None:
    async def main(endpoint: str) -> str:
        async with reach(name, endpoint) as transport:
            return await transport.check()

    with mock_of(find_specification(shared_folder, name)) as endpoint:
        assert "valid" in asyncio.run(main(endpoint))


@pytest.mark.parametrize("name", PUBLISHED)
def test_prism_refuses_a_call_that_is_broken(name: str, shared_folder: Path) -> None:
    def change(request: Request) -> Request:
        return change_first(request, subject=5)

    with mock_of(find_specification(shared_folder, name)) as endpoint:
        (status,) = submit(name, endpoint, [make_message()], change)
    assert status in (400, 422)
