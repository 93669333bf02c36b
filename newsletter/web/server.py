"""Runs the application: listens, serves until SIGTERM or Ctrl+C, then lets the running answers end.

TLS and the public name are left to a proxy in front of it.
"""

from __future__ import annotations

import errno
import logging
import os
import signal
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

import uvicorn

from newsletter.daily.publisher import Publisher
from newsletter.errors import ConfigError
from newsletter.web.access_log import hide_tokens
from newsletter.web.app import make_app

_log = logging.getLogger(__name__)

_LOOPBACK = ["127.0.0.1", "::1"]
_CONNECTIONS = 800  # under the usual limit of 1,024 open files
_KEEP_ALIVE_SECONDS = 65  # longer than nginx (60) keeps its own, so that it never writes into a closed one
_GRACE_SECONDS = 15
_WAITING_CONNECTIONS = 512

_FIXES = {
    errno.EADDRINUSE: "stop the program that listens there, or choose another port with --port",
    errno.EACCES: "choose a port from 1024 on, with a proxy in front of it",
}
_OTHER_FIX = "name an address of this machine with --host: 127.0.0.1, or 0.0.0.0 for all of them"


def run_server(publisher: Publisher, *, host: str, port: int) -> None:
    """Serves until a signal ends it; port 0 is any free one.

    Raises ConfigError where it cannot listen there.
    """
    server = make_server(publisher)
    with listen(host, port) as listener, _signals_end(server):
        _log.info("serving on %s", show_address(listener))
        server.run(sockets=[listener])


def make_server(publisher: Publisher) -> uvicorn.Server:
    """The server, not yet listening. Raises ConfigError."""
    logging.getLogger("uvicorn.access").addFilter(hide_tokens)
    config = uvicorn.Config(
        make_app(publisher),
        http="h11",
        ws="none",
        lifespan="off",
        log_config=None,  # the program's own logging has them
        server_header=False,
        proxy_headers=True,
        forwarded_allow_ips=_LOOPBACK,
        limit_concurrency=_CONNECTIONS,
        timeout_keep_alive=_KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=_GRACE_SECONDS,
    )
    return uvicorn.Server(config)


def listen(host: str, port: int) -> socket.socket:
    """A listening socket. Raises ConfigError."""
    try:
        family, _, _, _, address = socket.getaddrinfo(
            host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        both = family == socket.AF_INET6 and socket.has_dualstack_ipv6()
        listener = socket.create_server(
            address, family=family, backlog=_WAITING_CONNECTIONS, dualstack_ipv6=both
        )
    except (OSError, UnicodeError) as error:  # a name that is none is not even asked for
        raise _cannot_listen(host, port, error) from error
    # Connections inherit it. asyncio sets it on no socket of this kind; head and body of an answer go one
    # after another, and Nagle's algorithm holds the body until the other side's delayed ACK, 40 ms later.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener


def _cannot_listen(host: str, port: int, error: OSError | UnicodeError) -> ConfigError:
    is_name = isinstance(error, socket.gaierror)  # whose numbers mean something else
    number = error.errno or 0 if isinstance(error, OSError) and not is_name else 0
    reason = os.strerror(number) if number else "no such address"
    problem = f"cannot listen on {host}, port {port}: {reason}"
    return ConfigError([problem], fix=_FIXES.get(number, _OTHER_FIX))


def show_address(listener: socket.socket) -> str:
    """`http://127.0.0.1:8000`."""
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


@contextmanager
def _signals_end(server: uvicorn.Server) -> Iterator[None]:
    """Lets SIGTERM and Ctrl+C end the server, from now on, and nothing else.

    uvicorn listens to them only once it runs, and raises each again when it has shut down; then the
    store is still to be closed, and the exit code is 0.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def end(_number: int, _frame: FrameType | None) -> None:
        server.should_exit = True

    before = {number: signal.signal(number, end) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
