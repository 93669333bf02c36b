"""The peer of benchmarks/providers.py: posts finished bodies with a bare httpx client, and nothing else.

    python benchmarks/providers_peer.py PORT CONNECTIONS FOLDER

What Amazon signed names the server's port and the minute: those requests are signed anew, by botocore as its
own client does it.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests.contracts.api_peers import KEY  # noqa: E402
from tests.contracts.api_ses import ACCESS_KEY_ID, REGION  # noqa: E402

_NOT_SENT = {"host", "content-length", "connection", "accept-encoding", "user-agent"}
_SIGNATURE = {"authorization", "x-amz-date"}


async def main(port: int, connections: int, folder: Path) -> None:
    requests = iter(sorted(folder.glob("*.body")))
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=60) as client:
        await asyncio.gather(*(_post_each(client, requests) for _ in range(connections)))


async def _post_each(client: httpx.AsyncClient, requests: Iterator[Path]) -> None:
    for body in requests:
        path, headers = _read_head(body.with_suffix(".head").read_text(encoding="latin-1"))
        content = body.read_bytes()
        if headers.keys() >= _SIGNATURE:
            headers = _sign(str(client.base_url.join(path)), headers, content)
        answer = await client.post(path, content=content, headers=headers)
        answer.raise_for_status()


def _sign(url: str, headers: dict[str, str], content: bytes) -> dict[str, str]:
    unsigned = {name: said for name, said in headers.items() if name not in _SIGNATURE}
    request = AWSRequest("POST", url, headers=unsigned, data=content)
    SigV4Auth(Credentials(ACCESS_KEY_ID, KEY), "ses", REGION).add_auth(request)
    return dict(request.headers.items())


def _read_head(head: str) -> tuple[str, dict[str, str]]:
    path, *lines = head.split("\n")
    fields = dict(line.split(": ", 1) for line in lines)
    return path, {name: said for name, said in fields.items() if name not in _NOT_SENT}


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3])))
