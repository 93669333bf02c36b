"""Writes one mail to look at: the two bodies, and the message as it would be handed over; and judges it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from newsletter.daily.composer import Rehearsal, rehearse_edition
from newsletter.daily.publisher import Publisher
from newsletter.daily.rehearse import compose_preview
from newsletter.errors import StoreError
from newsletter.model import Digest, Preferences
from newsletter.render.budget import BUDGET
from newsletter.render.lint import Finding, LintedMail, lint_mail


@dataclass(frozen=True, slots=True)
class Preview:
    """What was written, its sizes in bytes, and what the lint found."""

    paths: tuple[Path, ...]
    html_encoded: int
    message: int
    text: int
    findings: tuple[Finding, ...]
    budget: int = BUDGET


def write_preview(
    publisher: Publisher, digest: Digest, preferences: Preferences, out: Path
) -> Preview | None:
    """Writes <date>.html, .txt and .eml; None where no paper matches. Raises StoreError: unwritable."""
    return write_rehearsal(publisher, rehearse_edition(publisher, digest), preferences, out)


def write_rehearsal(
    publisher: Publisher, rehearsal: Rehearsal, preferences: Preferences, out: Path
) -> Preview | None:
    """The same of any edition, under its name."""
    edition, composer = rehearsal
    message = compose_preview(composer, preferences)
    if message is None:
        return None
    contents = {"html": message.html.encode(), "txt": message.text.encode(), "eml": message.raw}
    paths = {ending: out / f"{edition.name}.{ending}" for ending in contents}
    try:
        out.mkdir(parents=True, exist_ok=True)
        for ending, data in contents.items():
            paths[ending].write_bytes(data)
    except OSError as error:
        raise StoreError(f"cannot write the preview to {out}: {error.strerror}") from error
    logo = publisher.newsletter.theme.logo
    return Preview(
        paths=tuple(paths.values()),
        html_encoded=sum(len(fragment.encoded) for fragment in message.html_fragments),
        message=len(message.raw),
        text=len(contents["txt"]),
        findings=lint_mail(LintedMail(message.html, message.text, message.raw, logo)),
    )
