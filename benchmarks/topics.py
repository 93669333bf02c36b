"""How right the topics found in titles are, and what finding them costs.

    python benchmarks/topics.py [--misses]

Precision and recall of the shipped vocabulary on sixty English papers (topics_labelled.json), which a
reader labelled by title and summary before the finder saw them; the finder sees the titles alone. Every
second paper served to tune the vocabulary, the others did not: both halves are told. `--misses` lists what
was found wrongly and what was not found.

Then the cost of a day: 40 papers with five keywords each, 50,000 known keywords and 500 topics. Its peer is
one regular expression of all spellings, the longest first, on the same texts in the same run; what both
find is compared on texts in which each finds the same by design.

At last the same day is resolved as a mailing does it, from a store that knows 50,000 keywords, and from one
that knows 270,000: what is known of the day's papers is read, beside reading all. The exit code is 1 when a
bar is missed.
"""

from __future__ import annotations

import json
import random
import re
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

import sqlalchemy as sa

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from newsletter.keywords import (  # noqa: E402
    Group,
    PinnedKeyword,
    TopicFinder,
    Topics,
    Vocabulary,
    make_slug,
    normal_form,
    shipped_groups,
)
from newsletter.model import Paper, Sections  # noqa: E402
from newsletter.store import Store, open_store, schema  # noqa: E402
from newsletter.store.vocabulary import load_vocabulary, load_vocabulary_of  # noqa: E402

LABELLED = ROOT / "benchmarks" / "topics_labelled.json"
PRECISION, MILLISECONDS, RATIO = 0.9, 100, 1.0
KEYWORDS, TOPICS, PAPERS, ROUNDS = 50_000, 500, 40, 15
OLD_KEYWORDS, FLATNESS = 270_000, 1.5


def main(arguments: Sequence[str]) -> int:
    reached = [*judge("--misses" in arguments), *measure(), *measure_age()]
    return 0 if all(reached) else 1


def judge(misses: bool) -> list[bool]:
    """Precision and recall of each half and of both; whether each precision reaches the bar."""
    papers = json.loads(LABELLED.read_text(encoding="utf-8"))
    finder = TopicFinder(shipped_groups("en"))
    reached = []
    for name in ("tuning", "untouched", "both"):
        half = [paper for paper in papers if name in (paper["half"], "both")]
        right = found = wanted = 0
        for paper in half:
            topics, labelled = set(finder.find([paper["title"]])), set(paper["topics"])
            right += len(topics & labelled)
            found += len(topics)
            wanted += len(labelled)
            if misses and name != "both":
                print(f"  {paper['title']}\n    wrong: {sorted(topics - labelled)}")
                print(f"    missed: {sorted(labelled - topics)}")
        precision, recall = right / found, right / wanted
        reached.append(precision >= PRECISION)
        print(
            f"{name}: {len(half)} papers, precision {precision:.2f} ({right} of {found}, "
            f"bar ≥ {PRECISION}) {_verdict(reached[-1])}, recall {recall:.2f} ({right} of {wanted})"
        )
    return reached


def measure() -> list[bool]:
    """The cost of a day, and of the regular expression on the same texts."""
    rng = random.Random(7)
    groups = _make_groups(rng)
    pinned = _make_keywords(rng, KEYWORDS)
    papers = _make_papers(rng, groups, list(pinned.values()))
    spellings = [name for group in groups for name in group.names]
    finder, pattern = TopicFinder(groups), _compile(spellings)
    _compare(finder, pattern, groups, rng)

    def resolve() -> None:
        vocabulary = Vocabulary(Topics(groups), pinned=pinned)
        for paper in papers:
            vocabulary.keywords_of(paper)

    def find() -> None:
        for paper in papers:
            finder.find([*paper.keywords, paper.title])

    def match() -> None:
        for paper in papers:
            for text in [*paper.keywords, paper.title]:
                pattern.findall(normal_form(text))

    day, ours, theirs = _time_in_turn(resolve, find, match)
    making, compiling = _time_in_turn(lambda: TopicFinder(groups), lambda: _compile(spellings))
    print(
        f"a day of {PAPERS} papers against {KEYWORDS:,} keywords and {TOPICS} topics: {day:.1f} ms "
        f"(bar ≤ {MILLISECONDS}) {_verdict(day <= MILLISECONDS)}, "
        f"of which {making:.1f} ms to make the finder; the expression is made in {compiling:.1f} ms"
    )
    print(
        f"finding alone: {ours:.1f} ms, one regular expression {theirs:.1f} ms, ratio {ours / theirs:.2f} "
        f"(bar ≤ {RATIO}) {_verdict(ours / theirs <= RATIO)}"
    )
    return [day <= MILLISECONDS, ours / theirs <= RATIO]


def measure_age() -> list[bool]:
    """The cost of a day in a store of either age, its vocabulary read as a mailing reads it, and whole."""
    rng = random.Random(7)
    topics = Topics(_make_groups(rng))
    pinned = _make_keywords(rng, OLD_KEYWORDS)
    groups = list(shipped_groups("zh-CN"))
    papers = _make_papers(rng, groups, list(pinned.values())[:KEYWORDS])
    with tempfile.TemporaryDirectory() as folder:
        young = _make_store(Path(folder) / "young.db", dict(list(pinned.items())[:KEYWORDS]))
        old = _make_store(Path(folder) / "old.db", pinned)

        def resolve(store: Store, *, whole: bool) -> None:
            with store.read() as tx:
                vocabulary = load_vocabulary(tx, topics) if whole else load_vocabulary_of(tx, topics, papers)
            for paper in papers:
                vocabulary.keywords_of(paper)

        times = _time_in_turn(
            lambda: resolve(young, whole=False),
            lambda: resolve(old, whole=False),
            lambda: resolve(young, whole=True),
            lambda: resolve(old, whole=True),
        )
        young.close()
        old.close()
    day, later, whole, whole_later = times
    reached = later <= MILLISECONDS and later / day <= FLATNESS
    print(
        f"a day of {PAPERS} papers read and resolved from a store of {KEYWORDS:,} keywords: {day:.1f} ms, of "
        f"{OLD_KEYWORDS:,}: {later:.1f} ms, ratio {later / day:.2f} (bars ≤ {MILLISECONDS} ms, ≤ {FLATNESS}) "
        f"{_verdict(reached)}; reading all of them {whole:.0f} and {whole_later:.0f} ms, "
        f"ratio {whole_later / whole:.2f}"
    )
    return [reached]


def _make_store(file: Path, pinned: dict[str, PinnedKeyword]) -> Store:
    """Each tenth keyword has an alias, each hundredth was merged into the one before it."""
    store = open_store(f"sqlite:///{file}")
    normals = list(pinned)
    now = datetime(2026, 1, 1, tzinfo=UTC)
    merged = {normals[place]: normals[place - 1] for place in range(1, len(normals), 100)}
    rows = [
        {
            "normal": normal,
            "label": each.label,
            "slug": each.slug,
            "first_seen_at": now,
            "merged_into": merged.get(normal),
        }
        for normal, each in pinned.items()
    ]
    taught = {f"alias {place}": each for place, each in enumerate(normals[::10])}
    aliases = [{"normal": normal, "keyword": into} for normal, into in (taught | merged).items()]
    with store.write() as tx:
        tx.execute(sa.insert(schema.keyword), rows)
        tx.execute(sa.insert(schema.keyword_alias), aliases)
    return store


def _make_groups(rng: random.Random) -> list[Group]:
    """The shipped groups and synthetic ones, together as many as the bar asks for."""
    shipped = list(shipped_groups("zh-CN"))
    made = [
        Group(f"{_word(rng)} {_word(rng)}", (_chinese(rng, 4), _word(rng).upper()[:5]))
        for _ in range(TOPICS - len(shipped))
    ]
    return [*shipped, *made]


def _make_keywords(rng: random.Random, number: int) -> dict[str, PinnedKeyword]:
    pinned: dict[str, PinnedKeyword] = {}
    while len(pinned) < number:
        label = _chinese(rng, rng.randint(3, 8)) if rng.random() < 0.7 else f"{_word(rng)} {_word(rng)}"
        pinned[normal_form(label)] = PinnedKeyword(label, f"k-{len(pinned)}")
    return pinned


def _make_papers(
    rng: random.Random, groups: Sequence[Group], keywords: Sequence[PinnedKeyword]
) -> list[Paper]:
    """Titles of the labelled papers; of their five keywords two are known, two new, one holds a topic."""
    titles = [paper["title"] for paper in json.loads(LABELLED.read_text(encoding="utf-8"))]
    papers = []
    for title in rng.sample(titles, PAPERS):
        new = [_chinese(rng, 5), f"{_word(rng)} {_word(rng)}"]
        known = [keyword.label for keyword in rng.sample(keywords, 2)]
        written = (*known, *new, f"{_chinese(rng, 2)}{rng.choice(groups).label}")
        url = f"https://arxiv.org/abs/2501.{len(papers):05}"
        papers.append(Paper(title, url, "", Sections(""), keywords=written))
    make_slug("词元")  # imports pypinyin, as the first keyword of a process does
    return papers


def _compile(spellings: Sequence[str]) -> re.Pattern[str]:
    normals = sorted({normal_form(each) for each in spellings}, key=len, reverse=True)
    return re.compile("|".join(_bounded(normal) for normal in normals))


def _bounded(normal: str) -> str:
    before = r"(?<![a-z0-9])" if normal[0].isascii() else ""
    after = r"(?![a-z0-9])" if normal[-1].isascii() else ""
    return f"{before}{re.escape(normal)}{after}"


def _compare(
    finder: TopicFinder, pattern: re.Pattern[str], groups: Sequence[Group], rng: random.Random
) -> None:
    """Both find the label of each group between made-up words."""
    for group in groups:
        text = f"{_word(rng)} {group.label} {_word(rng)}"
        matched = pattern.findall(normal_form(text))
        if finder.find([text])[:1] != (group.label,) or normal_form(group.label) not in matched:
            raise SystemExit(f"{group.label} is not what both find in {text!r}")


def _time_in_turn(*works: Callable[[], object]) -> list[float]:
    """The best time of each in milliseconds of the processor, round by round in turn."""
    best = [float("inf")] * len(works)
    for _ in range(ROUNDS):
        for number, work in enumerate(works):
            started = time.process_time()
            work()
            best[number] = min(best[number], (time.process_time() - started) * 1000)
    return best


def _word(rng: random.Random) -> str:
    return "".join(rng.choice("bcdfghjklmnprstvwz") + rng.choice("aeiou") for _ in range(rng.randint(2, 5)))


def _chinese(rng: random.Random, length: int) -> str:
    return "".join(chr(rng.randint(0x4E00, 0x9FA5)) for _ in range(length))


def _verdict(reached: bool) -> str:
    return "reached" if reached else "MISSED"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
