"""Writes the public folder: only what changed, and never half a file.

Every new file is first written whole beside its place under a hidden name; then all are flushed
to the disk; then each is renamed, in the order of the ranks, so that a reader meets no truncated
file and no link to a page that is not there yet. Whatever fails before the renames leaves the
folder as it was; what fails between them, a next run completes. Nothing is ever removed: what was
published stays published.

A run that was killed leaves hidden files and a marker; the next run finds the marker and clears
them away. Two runs at once write one after the other.
"""

from __future__ import annotations

import errno
import fcntl
import os
import stat
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from operator import itemgetter
from pathlib import Path, PurePosixPath

from newsletter.errors import StoreError
from newsletter.site.public import PublicFile, PublicRank, SiteChange

_SUFFIX = ".newsletter-part"
_FLUSHED_ALONE = 8
_MARKER = f".writing{_SUFFIX}"


def write_site(out: Path, files: Iterable[PublicFile]) -> SiteChange:
    """Writes those of `files` that differ from what stands in the folder `out`.

    Raises StoreError where that cannot be done.
    """
    try:
        with _locked(out):
            return _write(out, files)
    except OSError as error:
        raise _store_error(error, out) from error


def _write(out: Path, files: Iterable[PublicFile]) -> SiteChange:
    marker = out / _MARKER
    if marker.exists():
        _clear(out.rglob(f".*{_SUFFIX}"))
    waiting: list[tuple[PublicRank, str]] = []  # a rebuild has hundreds of thousands: only their paths
    unchanged = 0
    try:
        for file in files:
            target = _target(out, file.path)
            if _holds(target, file.data):
                unchanged += 1
                continue
            if not waiting:
                marker.touch()
            waiting.append((file.rank, file.path))
            _stage(target, file.data)
        written = _publish(out, waiting)
    finally:
        if waiting:
            _clear(_aside(_target(out, path)) for _, path in waiting)
            marker.unlink(missing_ok=True)
    return SiteChange(written, unchanged)


def _target(out: Path, path: str) -> Path:
    pure = PurePosixPath(path)
    if pure.is_absolute() or not pure.name or ".." in pure.parts:
        raise StoreError(f"{path!r} is no path of a file inside {out}")
    return out / pure


def _holds(target: Path, data: bytes) -> bool:
    try:
        status = target.stat()
    except FileNotFoundError:
        return False
    if stat.S_ISDIR(status.st_mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(target))
    return status.st_size == len(data) and target.read_bytes() == data


def _aside(target: Path) -> Path:
    return target.with_name(f".{target.name}{_SUFFIX}")


def _stage(target: Path, data: bytes) -> None:
    aside = _aside(target)
    try:
        aside.write_bytes(data)
    except FileNotFoundError:  # asked of every folder beforehand, it would cost as much as the writing
        target.parent.mkdir(parents=True, exist_ok=True)
        aside.write_bytes(data)


def _publish(out: Path, waiting: list[tuple[PublicRank, str]]) -> tuple[str, ...]:
    ranked = tuple(path for _, path in sorted(waiting, key=itemgetter(0)))
    _flush([_aside(_target(out, path)) for path in ranked[: _FLUSHED_ALONE + 1]])
    for path in ranked:
        target = _target(out, path)
        _aside(target).replace(target)
    return ranked


def _flush(paths: list[Path]) -> None:
    if len(paths) > _FLUSHED_ALONE:
        os.sync()  # one wait for the disk, not hundreds
        return
    for path in paths:
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _clear(paths: Iterable[Path]) -> None:
    for path in paths:
        path.unlink(missing_ok=True)


@contextmanager
def _locked(out: Path) -> Iterator[None]:
    """Waits until no other run writes into `out`; the system frees the lock of a killed run."""
    out.mkdir(parents=True, exist_ok=True)
    handle = os.open(out, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


_NO_SPACE = "Free some space on that disk and run the command again."
_NO_RIGHT = "Let this user write there, or set [site] out to another folder."
_IN_THE_WAY = "Move it out of the way, or set [site] out to another folder."
_FIXES = {
    errno.ENOSPC: _NO_SPACE,
    errno.EDQUOT: _NO_SPACE,
    errno.EFBIG: _NO_SPACE,
    errno.EACCES: _NO_RIGHT,
    errno.EPERM: _NO_RIGHT,
    errno.EROFS: _NO_RIGHT,
    errno.EEXIST: _IN_THE_WAY,
    errno.ENOTDIR: _IN_THE_WAY,
    errno.EISDIR: _IN_THE_WAY,
}


def _store_error(error: OSError, out: Path) -> StoreError:
    place = error.filename2 or error.filename or out
    fix = _FIXES.get(error.errno or 0, "")
    return StoreError(f"Cannot write the pages and feeds: {place}: {error.strerror}", fix=fix)
