"""Makes what benchmarks/delivery.py sends: two newsletters, ready but for the sending.

`real` is an edition of 40 papers with our own templates, about 158 kB a mail; `small` is one paper in
the leanest templates, about 3 kB. It is a day like any other: the day before was sent, subscribers are
imported, the site is built and a key lies ready for whoever configures its selector, so that what is timed
is `newsletter send` from its start to its end.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from benchmarks.archive import make_digests
from newsletter.model import Digest, Paper

ROOT = Path(__file__).resolve().parent.parent
_EMPTY = "empty.db"
COMMAND = (sys.executable, "-c", "import sys; from newsletter.cli import main; sys.exit(main())")

_CONFIG = """
[newsletter]
base_url = "https://papers.bench.test/"
[sender]
address = "digest@papers.test"
[digest]
max_age_days = 30000
[transport]
kind = "smtp"
[transport.smtp]
host = "127.0.0.1"
security = "none"
"""

_SMALL_TEMPLATES = {
    "style.css": "p{margin:0}",
    "adapt.css": "",
    "edition.html": """<!DOCTYPE html>
<html lang="{{ words.language }}"><head><title>{{ date }}</title>
<style>{% include "email/style.css" %}</style></head><body>
<table>
{{ cards }}
</table>
<p>{% trans address=address, title=newsletter.title -%}
You get this mail because {{ address }} is subscribed to {{ title }}.
{%- endtrans %}</p>
<p><a href="{{ newsletter.url() }}">{{ _("Archive") }}</a>
<a href="{{ unsubscribe }}">{{ _("Unsubscribe") }}</a></p>
</body></html>
""",
    "edition.txt": """{{ date }}

{{ cards }}
{{ address }}
{{ _("Archive") }}
{{ newsletter.url() }}
{{ _("Unsubscribe") }}
{{ unsubscribe }}
""",
    "card.html": """<tr><td><a href="{{ paper.url }}">{{ paper.title }}</a>
<p>{{ paper.one_line | html }}</p></td></tr>
""",
    "card.txt": """{{ paper.title }}
{{ paper.url }}
{{ paper.one_line | plain }}
""",
}


@dataclass(frozen=True)
class Prepared:
    """A newsletter in a folder of its own, and one mail of it as every peer sends it."""

    name: str
    folder: Path
    messages: int
    mail: Path

    def renew(self) -> None:
        """Makes the ledger empty again; the pages stand as they were built."""
        for path in self.folder.glob("newsletter.db-*"):
            path.unlink()
        shutil.copy(self.folder / _EMPTY, self.folder / "newsletter.db")


def prepare(name: str, messages: int, folder: Path) -> Prepared:
    """`real` or `small` for so many subscribers."""
    folder.mkdir(parents=True)
    (folder / "newsletter.toml").write_text(_CONFIG, encoding="utf-8")
    before, digest = make_digests(2)
    (folder / "digests").mkdir()
    if name == "small":
        digest = Digest(digest.date, digest.format, digest.source, digest.papers[:1])
        templates = folder / "templates" / "email"
        templates.mkdir(parents=True)
        for file, text in _SMALL_TEMPLATES.items():
            (templates / file).write_text(text, encoding="utf-8")
    for each in (before, digest):
        (folder / "digests" / f"{each.date}.md").write_text(_write_digest(each), encoding="utf-8")
        if each is before:
            run_newsletter(folder, "send", "--force", NEWSLETTER_TRANSPORT__KIND="file")
    people = "".join(f"reader{number:06}@mail.bench.test,confirmed\n" for number in range(messages))
    (folder / "people.csv").write_text("email,status\n" + people, encoding="utf-8")
    import_people = ["subscribers", "import", "people.csv"]
    for words in (["build"], import_people, ["preview", "--out", "preview"], ["dkim", "new"]):
        run_newsletter(folder, *words)
    (mail,) = (folder / "preview").glob("*.eml")
    shutil.copy(folder / "newsletter.db", folder / _EMPTY)
    return Prepared(name, folder, messages, mail)


def run_newsletter(
    folder: Path, *words: str, command: tuple[str, ...] = COMMAND, **variables: str
) -> subprocess.CompletedProcess[str]:
    """Runs the command in a folder; stops the benchmark where it fails."""
    done = subprocess.run(
        [*command, *words],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(ROOT)} | variables,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise SystemExit(f"newsletter {' '.join(words)}: exit {done.returncode}\n{done.stdout}{done.stderr}")
    return done


def _write_digest(digest: Digest) -> str:
    papers = (_write_paper(number, paper) for number, paper in enumerate(digest.papers))
    return "\n".join([f"# Papers for {digest.date}\n", *papers])


def _write_paper(number: int, paper: Paper) -> str:
    parts = (
        ("一句话核心总结", paper.sections.one_line),
        ("主要研究问题或目标", paper.sections.problem),
        ("关键方法论", paper.sections.method),
        ("主要成果", paper.sections.results),
    )
    marked = any(text for _, text in parts[1:])
    said = "  ".join(f"**{label}**：{text}" for label, text in parts if text) if marked else paper.summary
    words = ", ".join(paper.keywords)
    return f"## {number}.[{paper.title}]({paper.url})\nsummary:**核心关键词**：{words}  {said}\n"
