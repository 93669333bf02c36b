"""A WebSub hub on the loopback that remembers what it was told."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs


class Hub:
    """A hub on the loopback: keeps what it was told, and answers with `statuses` in turn, then 204."""

    def __init__(self, statuses: list[int]) -> None:
        self.statuses = statuses
        self.told: list[dict[str, list[str]]] = []
        self.silent = threading.Event()
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), self._make_handler())
        self.url = f"http://127.0.0.1:{self.server.server_port}/hub"

    @property
    def topics(self) -> list[str]:
        return [topic for told in self.told for topic in told["hub.url"]]

    def _make_handler(self) -> type[BaseHTTPRequestHandler]:
        hub = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                hub.told.append(parse_qs(body))
                if hub.statuses and hub.statuses[0] == 0:
                    hub.silent.wait(5)
                    return
                self.send_response(hub.statuses.pop(0) if hub.statuses else 204)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Keeps the output of the tests clean."""

        return Handler


@contextmanager
def started_hubs() -> Iterator[Callable[..., Hub]]:
    hubs: list[Hub] = []

    def start(*statuses: int) -> Hub:
        hub = Hub([*statuses])
        hubs.append(hub)
        threading.Thread(target=hub.server.serve_forever, args=(0.01,), daemon=True).start()
        return hub

    try:
        yield start
    finally:
        for hub in hubs:
            hub.silent.set()
            hub.server.shutdown()
            hub.server.server_close()
