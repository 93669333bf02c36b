"""Makes an archive to measure on: editions shaped like the real digest, the same for the same seed.

Shape: 40 papers a day, 4 or 5 keywords a paper, of which about 85 % are new and the rest come from a
head of common ones by Zipf's law; summaries of some 600 Chinese characters, two in five with sections.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import date, timedelta

from newsletter.model import Digest, Paper, Sections

PAPERS = 40
NEW_SHARE = 0.85
HEAD = 400
FIRST_DAY = date(2024, 1, 1)
_SYLLABLES = (
    "模型学习推理视觉语言强化扩散检索生成对齐数据评测多模态智能体规"
    "划记忆压缩蒸馏量化采样奖励安全机器人代码图像视频音频"
)


def make_digests(days: int, *, first: int = 0, seed: int = 20250924) -> Iterator[Digest]:
    """The digests of `days` days from day number `first` on."""
    for number in range(first, first + days):
        dice = random.Random(f"{seed}.{number}")
        papers = tuple(_make_paper(dice, number, position) for position in range(PAPERS))
        yield Digest(FIRST_DAY + timedelta(days=number), "papers-for", "benchmark", papers)


def _make_paper(dice: random.Random, day: int, position: int) -> Paper:
    identifier = f"{2401 + day // 30}.{(day % 30) * 1000 + position:05}"
    one_line = _sentence(dice, 60)
    results, rest = _sentence(dice, 120), _sentence(dice, 180)
    marked = position % 5 < 2
    return Paper(
        title=f"{_word(dice)} {day}-{position}: {' '.join(_word(dice) for _ in range(6))}",
        url=f"https://arxiv.org/abs/{identifier}",
        arxiv_id=identifier,
        summary=f"{one_line}{rest}{results}{_sentence(dice, 240)}",
        sections=Sections(one_line, rest, _sentence(dice, 240), results) if marked else Sections(one_line),
        keywords=tuple(_keyword(dice, day, position, place) for place in range(4 + position % 2)),
    )


def _keyword(dice: random.Random, day: int, position: int, place: int) -> str:
    if dice.random() < NEW_SHARE:
        return f"{_chinese(dice, 4)}{day}-{position}-{place}"
    rank = min(int(dice.paretovariate(0.9)), HEAD)  # Zipf's law: the share falls with the rank
    return f"主题{rank}"


def _sentence(dice: random.Random, length: int) -> str:
    return f"{_chinese(dice, length - 12)}达到**{dice.randrange(999) / 10}%**的水平。"


def _chinese(dice: random.Random, length: int) -> str:
    return "".join(dice.choices(_SYLLABLES, k=length))


def _word(dice: random.Random) -> str:
    return "".join(dice.choices("abcdefghijklmnopqrstuvwxyz", k=dice.randrange(3, 10))).title()
