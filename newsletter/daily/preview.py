"""Writes one mail to look at: the two bodies, and the message as it would be handed over."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from newsletter.daily.publisher import Publisher
from newsletter.daily.rehearse import compose_preview
from newsletter.errors import StoreError
from newsletter.model import Digest, Preferences
from newsletter.render.budget import BUDGET


@dataclass(frozen=True, slots=True)
class PreviewSizes:
    """What was written, and its sizes in bytes."""

    paths: tuple[Path, ...]
    html_encoded: int
    message: int
    budget: int = BUDGET


def write_preview(
    publisher: Publisher, digest: Digest, preferences: Preferences, out: Path
) -> PreviewSizes | None:
    """Writes <date>.html, .txt and .eml; None where no paper matches. Raises StoreError: unwritable."""
    message = compose_preview(publisher, digest, preferences)
    if message is None:
        return None
    contents = {"html": message.html.encode(), "txt": message.text.encode(), "eml": message.raw}
    paths = {ending: out / f"{digest.date}.{ending}" for ending in contents}
    try:
        out.mkdir(parents=True, exist_ok=True)
        for ending, data in contents.items():
            paths[ending].write_bytes(data)
    except OSError as error:
        raise StoreError(f"cannot write the preview to {out}: {error.strerror}") from error
    encoded = sum(len(fragment.encoded) for fragment in message.html_fragments)
    return PreviewSizes(tuple(paths.values()), encoded, len(message.raw))
