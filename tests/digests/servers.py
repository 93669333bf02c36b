"""A web server on loopback that answers as a test tells it to."""

from __future__ import annotations

import contextlib
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass(frozen=True)
class Answer:
    """A status, its headers, a body sent `repeat` times with a `pause` before each.

    With `drip`, nothing but bytes of a status line, as many and as slowly.
    """

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    repeat: int = 1
    pause: float = 0.0
    drip: bool = False


@dataclass
class WebServer:
    """Where the server is, what it answers by path, and which paths were asked for, with which headers.

    Of several answers to one path each is given once, the last one for ever.
    """

    address: str = ""
    answers: dict[str, Answer | list[Answer]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    headers: list[Message] = field(default_factory=list)

    def answer(self, path: str) -> Answer:
        found = self.answers.get(path, Answer(404))
        if isinstance(found, Answer):
            return found
        return found.pop(0) if len(found) > 1 else found[0]

    def heard(self, name: str) -> list[str | None]:
        """What each request said in the header of that name."""
        return [headers.get(name) for headers in self.headers]


@contextmanager
def run_web_server(tls: ssl.SSLContext | None = None) -> Iterator[WebServer]:
    server = WebServer()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            server.asked.append(self.path)
            server.headers.append(self.headers)
            answer = server.answer(self.path)
            if answer.drip:
                self._drip(answer)
                return
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            self.end_headers()
            for _ in range(answer.repeat):
                time.sleep(answer.pause)
                try:
                    self.wfile.write(answer.body)
                except OSError:  # the client went away, as it should
                    return

        def _drip(self, answer: Answer) -> None:
            """Sends the headers byte by byte, and never comes to an end of them."""
            with contextlib.suppress(OSError):
                for _ in range(answer.repeat):
                    time.sleep(answer.pause)
                    self.wfile.write(b"x")

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name it overrides
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as listener:
        if tls:
            listener.socket = tls.wrap_socket(listener.socket, server_side=True)
        server.address = f"{'https' if tls else 'http'}://127.0.0.1:{listener.server_port}"
        thread = threading.Thread(target=listener.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield server
        finally:
            listener.shutdown()
            thread.join()
