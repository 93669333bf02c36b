"""What only the file transport promises: whole files, renamed into place, and no library for the wire."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from pathlib import Path

import pytest

from newsletter.config.transports import FileConfig
from newsletter.delivery.transports.file import FileTransport
from newsletter.errors import DiskFailed

from .messages import make_call, make_message


def submit_into(outbox: Path, delivery_id: str = "2025-09-24.1") -> None:
    async def main() -> None:
        async with FileTransport(FileConfig(outbox)) as transport:
            await transport.submit(make_call(make_message(delivery_id=delivery_id)))

    asyncio.run(main())


def test_the_file_is_named_after_the_delivery_and_nothing_else_is_left(tmp_path: Path) -> None:
    submit_into(tmp_path / "not" / "yet", "2025-09-24.abc")
    assert [path.name for path in (tmp_path / "not" / "yet").iterdir()] == ["2025-09-24.abc.eml"]


def test_the_same_delivery_replaces_its_file_and_leaves_the_others(tmp_path: Path) -> None:
    (tmp_path / "2025-09-24.1.eml").write_bytes(b"older")
    (tmp_path / "2025-09-24.2.eml").write_bytes(b"another")
    submit_into(tmp_path)
    message = make_message(delivery_id="2025-09-24.1")
    assert (tmp_path / "2025-09-24.1.eml").read_bytes() == message.raw
    assert (tmp_path / "2025-09-24.2.eml").read_bytes() == b"another"


def test_the_check_makes_no_folder_and_leaves_no_file(tmp_path: Path) -> None:
    async def main() -> None:
        for folder in (tmp_path / "not" / "yet", tmp_path):
            async with FileTransport(FileConfig(folder)) as transport:
                assert str(folder) in await transport.check()

    asyncio.run(main())
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_is_one_clear_line_and_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / ".2025-09-24.1.part").symlink_to("/dev/full")
    with pytest.raises(DiskFailed, match=r"cannot write mails into .*: No space left on device"):
        submit_into(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_the_file_transport_imports_no_network_library() -> None:
    program = (
        "import sys; from newsletter.config.transports import TransportSection;"
        "from newsletter.delivery.transports import open_transport; open_transport(TransportSection());"
        "print(sorted({'aiosmtplib', 'httpx', 'idna'} & set(sys.modules)))"
    )
    shown = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert shown.stdout == "[]\n"
