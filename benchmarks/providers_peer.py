"""The peer of benchmarks/providers.py: posts finished bodies with a bare httpx client, and nothing else.

python benchmarks/providers_peer.py PORT CONNECTIONS FOLDER
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx

_NOT_SENT = {"host", "content-length", "connection", "accept-encoding", "user-agent"}


async def main(port: int, connections: int, folder: Path) -> None:
    requests = iter(sorted(folder.glob("*.body")))
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=60) as client:
        await asyncio.gather(*(_post_each(client, requests) for _ in range(connections)))


async def _post_each(client: httpx.AsyncClient, requests: Iterator[Path]) -> None:
    for body in requests:
        path, headers = _read_head(body.with_suffix(".head").read_text(encoding="latin-1"))
        answer = await client.post(path, content=body.read_bytes(), headers=headers)
        answer.raise_for_status()


def _read_head(head: str) -> tuple[str, dict[str, str]]:
    path, *lines = head.split("\n")
    fields = dict(line.split(": ", 1) for line in lines)
    return path, {name: said for name, said in fields.items() if name not in _NOT_SENT}


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3])))
