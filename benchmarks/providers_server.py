"""A provider's API on the loopback that takes everything at once, and counts.

    python benchmarks/providers_server.py NAME [FOLDER]

It prints its port, and at its end how many mails it took. With a folder it keeps there what it was sent:
the bodies, and beside each its path and headers.
"""

from __future__ import annotations

import asyncio
import json
import signal
import sys
from pathlib import Path
from typing import cast

_MAILS = {"resend": b'"to":["', "postmark": b'"To":"', "sendgrid": b'"to":[{', "brevo": b'"to":[{'}
"""What stands in a request once for each mail."""


def _answer(name: str, mails: int) -> tuple[int, dict[str, str], bytes]:
    """Status, headers and body of the provider's answer to so many mails."""
    if name == "resend":
        return 200, {}, json.dumps({"data": [{"id": f"id-{each}"} for each in range(mails)]}).encode()
    if name == "postmark":
        taken = [{"ErrorCode": 0, "Message": "OK", "MessageID": f"id-{each}"} for each in range(mails)]
        return 200, {}, json.dumps(taken).encode()
    if name == "brevo":
        return 201, {}, json.dumps({"messageIds": [f"<id-{each}@b>" for each in range(mails)]}).encode()
    return 202, {"X-Message-Id": "id"}, b""


class TakingServer(asyncio.Protocol):
    """HTTP/1.1 with Content-Length, as much as a client of this benchmark speaks."""

    taken = 0
    requests = 0

    def __init__(self, name: str, folder: Path | None) -> None:
        self._name = name
        self._folder = folder
        self._pieces: list[bytes] = []
        self._missing: int | None = None
        """How many bytes of the body are still to come; None: the head is not whole."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        if self._missing is None:
            self._pieces.append(data)
            head, end, body = b"".join(self._pieces).partition(b"\r\n\r\n")
            if not end:
                return
            self._head, self._pieces = head, [body]
            fields = dict(line.split(b": ", 1) for line in head.split(b"\r\n")[1:])
            length = next(value for name, value in fields.items() if name.lower() == b"content-length")
            self._missing = int(length) - len(body)
        else:
            self._pieces.append(data)
            self._missing -= len(data)
        if self._missing <= 0:
            self._take(b"".join(self._pieces))
            self._pieces, self._missing = [], None

    def _take(self, body: bytes) -> None:
        mails = body.count(_MAILS[self._name])
        TakingServer.taken += mails
        if self._folder is not None:
            (self._folder / f"{TakingServer.requests:05}.body").write_bytes(body)
            (self._folder / f"{TakingServer.requests:05}.head").write_bytes(self._head)
        TakingServer.requests += 1
        status, headers, content = _answer(self._name, mails)
        fields = {"Content-Type": "application/json", "Content-Length": str(len(content)), **headers}
        lines = [f"HTTP/1.1 {status} OK", *(f"{name}: {value}" for name, value in fields.items())]
        self._transport.write("\r\n".join([*lines, "", ""]).encode() + content)


async def serve(name: str, folder: Path | None) -> None:
    loop = asyncio.get_running_loop()
    ended = asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, ended.set)
    server = await loop.create_server(lambda: TakingServer(name, folder), "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await ended.wait()
    server.close()
    print(TakingServer.taken, flush=True)


if __name__ == "__main__":
    asyncio.run(serve(sys.argv[1], Path(sys.argv[2]) if len(sys.argv) > 2 else None))
