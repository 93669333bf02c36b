"""A provider's API on the loopback, in a process of its own: the one that the contract suite speaks to.

    python benchmarks/providers_server.py NAME [FOLDER]

It keeps the limits of the provider, reads every mail, and prints its port, and at its end how many mails it
took. With a folder it keeps there what it was sent: the bodies, and beside each its path and headers. Of the
raw mails of SES it reads the heads alone: Python's parser would take most of everybody's time.
"""

from __future__ import annotations

import signal
import sys
import threading
from dataclasses import dataclass
from email import policy
from email.message import EmailMessage
from email.parser import BytesHeaderParser
from pathlib import Path

from starlette.requests import Request

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests.contracts.api_peers import API_PEERS, KEY  # noqa: E402
from tests.contracts.api_server import Accepted, ApiServer, listening  # noqa: E402
from tests.contracts.api_ses import Ses  # noqa: E402


class SesHeads(Ses):
    """Verifies a request whole, and a mail by its head."""

    def parse(self, data: bytes) -> EmailMessage:
        return BytesHeaderParser(policy=policy.default).parsebytes(data)

    def accept(self, mail: EmailMessage, to: str) -> Accepted:
        return Accepted(mail["from"], to, mail["subject"], "", "", {})


@dataclass
class Counting(ApiServer):
    """Keeps no mail."""

    folder: Path | None = None
    taken: int = 0
    calls: int = 0

    def note(self, request: Request, body: bytes) -> None:
        if self.folder is not None:
            head = "\n".join(
                [request.url.path, *(f"{name}: {value}" for name, value in request.headers.items())]
            )
            (self.folder / f"{self.calls:05}.head").write_text(head, encoding="latin-1")
            (self.folder / f"{self.calls:05}.body").write_bytes(body)
        self.calls += 1

    def keep(self, accepted: list[Accepted]) -> None:
        self.taken += len(accepted)


def main(name: str, folder: Path | None) -> None:
    ended = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: ended.set())
    provider = SesHeads(KEY) if name == "ses" else API_PEERS[name].provider(KEY)
    server = Counting(provider, folder=folder)
    with listening(server):
        print(server.port, flush=True)
        ended.wait()
    print(server.taken, flush=True)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]) if len(sys.argv) > 2 else None)
