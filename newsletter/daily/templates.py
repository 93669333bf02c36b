"""The templates of a newsletter: whether they changed, and whether mails and pages can be made of them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

from newsletter import __version__
from newsletter.daily.publisher import Publisher
from newsletter.shipped import shipped_path
from newsletter.store.settings import read_templates_proved, write_templates_proved


def prove_templates(publisher: Publisher) -> None:
    """Raises RenderError, before anything is published, where no mail could be made. What was proved stays
    so until a template changes: it takes half a second."""
    stamp = hashlib.sha256("\n".join([__version__, *stamp_templates(publisher)]).encode()).hexdigest()
    with publisher.store.read() as tx:
        if read_templates_proved(tx) == stamp:
            return
    from newsletter.render.proof import check_templates  # noqa: PLC0415 - Jinja2 and all it renders with

    check_templates(publisher.environment)
    with publisher.store.write() as tx:
        write_templates_proved(tx, stamp)


def stamp_templates(publisher: Publisher) -> Iterator[str]:
    """A line for each file, another one after any change."""
    for folder in (shipped_path("templates"), publisher.config.templates.directory):
        yield from _stamp(folder)


def _stamp(folder: Path) -> Iterator[str]:
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            status = path.stat()
            # The change time too: a file that this user may no longer read is another one.
            yield f"{path.relative_to(folder)} {status.st_size} {status.st_mtime_ns} {status.st_ctime_ns}"
