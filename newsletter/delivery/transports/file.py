"""Writes each mail into a folder as `<delivery id>.eml`: nobody is mailed.

For trying things out, for tests, and for a server that picks mails up from a folder. A file is
there whole or not at all, and survives a power cut once its call has been answered. What lies in
the folder already is left alone, except that the same delivery replaces its own file.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

from newsletter.config.transports import FileConfig
from newsletter.delivery.transports.base import Features, Result
from newsletter.errors import DiskFailed
from newsletter.model import Call, Message, Submitted


def make_transport(config: FileConfig) -> FileTransport:
    return FileTransport(config)


class FileTransport:
    """A `Transport` into `[transport.file] directory`, which is made when the first mail comes."""

    name = "file"
    features = Features(
        calls_at_once=4,  # a call mostly waits for the disk
        keeps_bytes=True,
        repeats_are_cheap=True,
    )

    def __init__(self, config: FileConfig) -> None:
        self._directory = config.directory
        self._slots = asyncio.Semaphore(self.features.calls_at_once)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        pass

    async def submit(self, call: Call) -> tuple[Result, ...]:
        (message,) = call.messages
        async with self._slots:
            return (await asyncio.to_thread(self._write, message),)

    async def check(self) -> str:
        await asyncio.to_thread(self._try_folder)
        return f"mails are written into {self._directory}: nobody is mailed"

    def _write(self, message: Message) -> Submitted:
        with self._mapped_errors():
            path = write_mail(self._directory, message)
        return Submitted(answer=f"written to {path.name}")

    def _try_folder(self) -> None:
        """Without making it: what only looks leaves nothing behind."""
        with self._mapped_errors():
            folder = next(each for each in (self._directory, *self._directory.parents) if each.exists())
            with tempfile.TemporaryFile(dir=folder) as file:
                file.write(b"room")

    @contextlib.contextmanager
    def _mapped_errors(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise DiskFailed(
                f"cannot write mails into {self._directory}: {error.strerror}",
                fix="check [transport.file] directory: a folder that can be written to, with room left",
            ) from error


def write_mail(directory: Path, message: Message) -> Path:
    """Writes the mail aside, renames it, and waits until both are on the disk.

    Raises OSError; then nothing is left aside, where a full disk would keep it.
    """
    directory.mkdir(parents=True, exist_ok=True)
    path = directory / f"{message.delivery_id}.eml"
    aside = directory / f".{message.delivery_id}.part"
    try:
        with aside.open("wb") as file:
            file.write(message.raw)
            file.flush()
            os.fsync(file.fileno())
        aside.replace(path)
    except OSError:
        with contextlib.suppress(OSError):
            aside.unlink()
        raise
    _sync_directory(directory)
    return path


def _sync_directory(directory: Path) -> None:
    """Puts the rename on the disk: it belongs to the folder, not to the file (fsync(2))."""
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
