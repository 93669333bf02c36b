"""Draws the mail of the sample digest in headless Chromium: `make screenshots`.

Every state a reader may see it in goes to screenshots/, which git ignores; four of them are kept in
docs/screenshots/. The mail itself is what `newsletter preview` writes.
"""

from __future__ import annotations

import dataclasses
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, time
from pathlib import Path
from tempfile import TemporaryDirectory
from zoneinfo import ZoneInfo

from newsletter.config import Config, load_config
from newsletter.daily.preview import write_preview
from newsletter.daily.publisher import open_publisher
from newsletter.digests import read_source
from newsletter.model import Preferences
from newsletter.shipped import shipped_path

DOCS = Path(__file__).resolve().parent
LANGUAGES = ("zh-CN", "en")
WIDTHS = (360, 700)
HEIGHT = 800
KEPT = ("zh-CN-700-light", "zh-CN-360-dark", "en-700-dark", "en-360-light")
FLAGS = """--headless=new --no-sandbox --disable-gpu --disable-quic --no-first-run --hide-scrollbars
    --disable-background-networking --disable-component-update --disable-sync --virtual-time-budget=2000"""
LARGEST = 150_000
"""Bytes of a kept picture: everybody who clones gets it."""


@dataclass(frozen=True, slots=True)
class State:
    """How a reader's program shows the mail."""

    name: str
    settings: str = "preferredColorScheme=1"
    drops_style: bool = False
    text_scale: int = 1

    def change(self, html: str) -> str:
        """The mail as this program takes it."""
        if self.drops_style:
            html = re.sub(r"<style.*?</style>", "", html, flags=re.DOTALL)
        return re.sub(
            r"font-size:(\d+)px", lambda size: f"font-size:{int(size[1]) * self.text_scale}px", html
        )


STATES = (
    State("light"),
    State("dark", "preferredColorScheme=0"),
    State("stripped", drops_style=True),
    State("no-images", "preferredColorScheme=1,imagesEnabled=false"),
    State("large-text", text_scale=2),
)


def write_mails(folder: Path) -> Iterator[tuple[str, str]]:
    """Language and HTML of the sample digest's mail."""
    config = load_config(None, {}, folder)
    source = str(shipped_path("digests")) + "/"
    theme = dataclasses.replace(config.theme, logo="https://papers.example.org/logo.png")
    for language in LANGUAGES:
        section = dataclasses.replace(
            config.newsletter,
            language=language,
            title="每日论文" if language == "zh-CN" else "Papers of the Day",
        )
        changed = dataclasses.replace(
            config, newsletter=section, digest=dataclasses.replace(config.digest, source=source)
        )
        yield language, _write_mail(changed, language, folder)
        yield f"{language}-logo", _write_mail(dataclasses.replace(changed, theme=theme), language, folder)


def _write_mail(config: Config, language: str, folder: Path) -> str:
    zone = ZoneInfo(config.newsletter.timezone)
    digest = read_source(config.digest.source, today=datetime.now(zone).date()).latest()
    publisher = open_publisher(config, lambda: datetime.combine(digest.date, time(9), zone))
    try:
        written = write_preview(publisher, digest, Preferences(language=language), folder)
    finally:
        publisher.close()
    page = next(path for path in written.paths if path.suffix == ".html")
    return page.read_text(encoding="utf-8")


def draw(html: str, width: int, state: State, picture: Path, *, chromium: str, folder: Path) -> None:
    """One picture of the top of the mail."""
    page = folder / "mail.html"
    page.write_text(state.change(html), encoding="utf-8")
    subprocess.run(
        [
            chromium,
            *FLAGS.split(),
            f"--user-data-dir={folder / 'profile'}",
            f"--blink-settings={state.settings}",
            f"--window-size={width},{HEIGHT}",
            f"--screenshot={picture}",
            page.as_uri(),
        ],
        capture_output=True,
        timeout=120,
        check=True,
    )


def main(out: Path) -> int:
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        sys.stderr.write("error: Chromium is needed: apt-get install chromium fonts-noto-cjk\n")
        return 2
    out.mkdir(parents=True, exist_ok=True)
    kept = DOCS / "screenshots"
    kept.mkdir(exist_ok=True)
    with TemporaryDirectory() as name:
        folder = Path(name)
        for mail, html in write_mails(folder):
            for width in WIDTHS:
                for state in STATES:
                    picture = out / f"{mail}-{width}-{state.name}.png"
                    draw(html, width, state, picture, chromium=chromium, folder=folder)
                    if picture.stem in KEPT:
                        shutil.copyfile(picture, kept / picture.name)
    for picture in kept.glob("*.png"):
        if picture.stat().st_size > LARGEST:
            sys.stderr.write(f"error: {picture} is larger than {LARGEST:,} bytes: draw less of the mail\n")
            return 1
    sys.stdout.write(f"{len(list(out.glob('*.png')))} pictures in {out}, {len(KEPT)} kept in {kept}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(Path("screenshots").resolve()))
