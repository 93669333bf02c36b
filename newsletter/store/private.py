"""Files with addresses and keys in them: whatever the umask, no other user of the machine may read them."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

_OWNER_AND_GROUP = 0o660


def make_private(path: Path, *, like: Path | None = None) -> None:
    """Makes an empty file, with no more rights than `like` has; one that stands there stays as it is.

    SQLite gives its logs the rights of their database. Raises OSError.
    """
    mode = like.stat().st_mode if like is not None and like.exists() else _OWNER_AND_GROUP
    with suppress(FileExistsError):
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, mode & _OWNER_AND_GROUP))
