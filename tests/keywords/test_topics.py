"""Topics of the vocabulary found inside keywords and titles."""

from __future__ import annotations

import re
import time
import tomllib
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import newsletter.keywords
from newsletter.keywords import Group, TopicFinder, normal_form, shipped_groups
from newsletter.keywords.groups import squeeze

CHINESE = TopicFinder(shipped_groups("zh-CN"))
ENGLISH = TopicFinder(shipped_groups("en"))
SMALL = TopicFinder(
    [
        Group("强化学习", ("RL", "reinforcement learning")),
        Group("监督学习", not_in=("自监督学习", "无监督学习")),
        Group("multi-modal", ("多模态",)),
        Group("policy"),
        Group("RAG", broader=("retrieval",)),
        Group("retrieval", broader=("search", "no group")),
        Group("search"),
        Group("C"),
        Group("C++"),
        Group("f(x)"),
    ]
)


@pytest.mark.parametrize(
    ("text", "topics"),
    [
        ("在线强化学习", ["强化学习"]),
        ("基于RL的方法", ["强化学习"]),
        ("RL-based", ["强化学习"]),
        ("SFT+RL", ["强化学习"]),
        ("ＲＬ", ["强化学习"]),
        ("URL", []),
        ("rl", []),
        ("Rl", []),
        ("RL\u0301", []),
        ("RL2", []),
        ("强化\u200b学习", ["强化学习"]),
        ("🤖️RL🤖", ["强化学习"]),
        ("العربيةRL", []),
        ("العربية RL", ["强化学习"]),
        ("Reinforcement  Learning", ["强化学习"]),
        ("reinforcement-learning", ["强化学习"]),
        ("reinforcement\u00adlearning", ["强化学习"]),
        ("reinforcement, learning", []),
        ("multimodal", ["multi-modal"]),
        ("Multi Modal", ["multi-modal"]),
        ("poli cy", []),
        ("pol-icy", ["policy"]),
        ("policies", ["policy"]),
        ("RAGs", ["RAG", "retrieval", "search"]),
        ("search, RAG", ["search", "RAG", "retrieval"]),
        ("自监督学习", []),
        ("自监督学习和监督学习", ["监督学习"]),
        ("C++ in C", ["C++", "C"]),
        ("C++代码", ["C++"]),
        ("C语言", ["C"]),
        ("of f(x) too", ["f(x)"]),
        ("", []),
    ],
)
def test_a_topic_is_found_where_it_stands_as_a_whole_word(text: str, topics: list[str]) -> None:
    assert list(SMALL.find([text])) == topics


@pytest.mark.parametrize(
    ("texts", "topics"),
    [
        (["在线强化学习"], ["强化学习"]),
        (["多模态大模型"], ["多模态大模型", "大语言模型", "多模态", "语言模型"]),
        (["推理加速"], ["推理加速"]),
        (["自监督学习"], ["自监督学习"]),
        (["训练后量化"], ["训练后量化", "量化"]),
        (["SFT-then-RL"], ["监督微调", "微调", "强化学习"]),
        (["合成自举预训练 (SBP)"], ["预训练"]),
        (["聊天机器人"], ["对话系统"]),
        (["模型轻量化", "优化学习率", "光流匹配", "数据集成", "略微调整"], []),
        (["大语言模型安全"], ["大语言模型安全", "AI安全", "大语言模型", "语言模型"]),
        (["A Survey of Mixture-of-Experts in LLMs"], ["综述", "混合专家", "大语言模型", "语言模型"]),
    ],
)
def test_the_shipped_topics_stand_in_what_digests_write(texts: list[str], topics: list[str]) -> None:
    assert list(CHINESE.find(texts)) == topics


def test_a_text_that_is_a_spelling_means_its_topic() -> None:
    assert ENGLISH.meant_by("Multi-Modal LLMs") == "multimodal large language model"
    assert ENGLISH.meant_by("（大语言模型）") == "large language model"
    assert ENGLISH.meant_by("agents of LLMs") is None
    assert SMALL.meant_by("自监督学习") is None
    assert SMALL.meant_by("") is None


def test_each_topic_is_told_once_in_the_order_of_first_places() -> None:
    assert SMALL.find(["policy and RL", "RL and RAG", "policies"]) == (
        *("policy", "强化学习"),
        *("RAG", "retrieval", "search"),
    )


def test_topics_broader_in_a_circle_end() -> None:
    finder = TopicFinder([Group("one", broader=("two",)), Group("two", broader=("one",))])
    assert finder.find(["one"]) == ("one", "two")


def test_every_shipped_spelling_means_its_topic() -> None:
    for group in shipped_groups("en"):
        for name in group.names:
            assert ENGLISH.meant_by(name) == group.label, name


def test_every_spelling_of_a_not_in_shields_what_stands_in_it() -> None:
    for group in shipped_groups("en"):
        for word in group.not_in:
            assert group.label not in ENGLISH.find([word]), word


# A reference that anybody can check: one regular expression a spelling, all places, the longest first.
LETTERS = "abLs"
names = st.text(alphabet=LETTERS + "强化- ", min_size=1, max_size=6).filter(
    lambda name: name.strip("- ") != ""
)


def expression(name: str) -> re.Pattern[str]:
    parts = re.findall(r"[^- ]|[- ]+", name.strip("- "))
    pattern = re.escape(parts[0])
    for before, part in pairwise(parts):
        if part[0] in "- ":
            continue
        gap = before[-1] in "- " or "强" in (before, part) or "化" in (before, part)
        pattern += ("[- ]*" if gap else "-*") + re.escape(part)
    first, last = name.strip("- ")[0], name.strip("- ")[-1]
    ending = {"s": "(?:-*es)?"}.get(last.lower(), "(?:-*s)?") if last in LETTERS else ""
    before = f"(?<![{LETTERS}])" if first in LETTERS else ""
    after = f"(?![{LETTERS}])" if last in LETTERS else ""
    return re.compile(f"{before}{pattern}{ending}{after}", re.IGNORECASE)


def find_slowly(named: Sequence[str], text: str) -> list[str]:
    places = []
    for name in named:
        found = expression(name)
        written = re.sub("[- ]", "", name)
        strict = len(written) <= 3 and written.isascii() and written.lower() != written
        for start in range(len(text)):
            match = found.match(text, start)
            if match is not None:
                here = re.sub("[- ]", "", match[0])
                if not strict or here.startswith((written, written.upper())):
                    places.append((-len(here), start, match.end(), name))
    chosen: list[tuple[int, str]] = []
    taken: set[int] = set()
    for _, start, end, name in sorted(places):
        if taken.isdisjoint(range(start, end)):
            taken.update(range(start, end))
            chosen.append((start, name))
    return list(dict.fromkeys(name for _, name in sorted(chosen)))


@given(st.data())
def test_what_is_found_is_what_one_expression_a_spelling_finds(data: st.DataObject) -> None:
    named = data.draw(st.lists(names, max_size=4, unique_by=lambda name: squeeze(name).rstrip("es")))
    text = data.draw(st.text(alphabet=LETTERS + "强化学，- ", max_size=30))
    # A hyphen or space at an edge of a match is no part of it, so that it may end two ways.
    assert list(TopicFinder([Group(name) for name in named]).find([text])) == find_slowly(named, text)


@given(st.lists(st.text(), max_size=4), st.lists(st.text(max_size=20), max_size=4))
def test_any_text_and_any_spelling_is_read(texts: list[str], named: list[str]) -> None:
    finder = TopicFinder([Group(name) for name in named])
    assert set(finder.find([*texts, *named])) <= set(named)
    ENGLISH.find(texts)


@given(st.sampled_from(shipped_groups("zh-CN")), st.sampled_from([str.upper, normal_form, "{}。".format]))
def test_a_label_is_found_however_it_is_written(group: Group, write: object) -> None:
    assert callable(write)
    if len(group.label) > 3 or not group.label.isascii():
        assert group.label in CHINESE.find([write(group.label)])


@pytest.mark.parametrize(
    "text",
    ["largelanguagemodel" * 20_000, "large " * 60_000, "-" * 300_000, "强化学" * 100_000, "强 " * 150_000],
)
def test_time_grows_with_the_text_and_no_more(text: str) -> None:
    started = time.process_time()
    ENGLISH.find([text[: len(text) // 8]])
    eighth = time.process_time() - started
    ENGLISH.find([text])
    assert time.process_time() - started - eighth < 8 * eighth * 4 + 0.5


def test_the_shipped_topics_have_names_in_both_languages() -> None:
    path = Path(newsletter.keywords.__file__).with_name("ai.toml")
    topics = tomllib.loads(path.read_text(encoding="utf-8"))
    assert len(topics) >= 60
    for label, topic in topics.items():
        assert topic["zh"], label
        assert set(topic) <= {"zh", "en", "broader", "not_in"}, label
        assert set(topic.get("broader", ())) <= topics.keys(), label


@pytest.mark.parametrize("name", ["agent", "agents"])
def test_what_is_written_down_as_a_topic_is_no_plural_of_another(name: str) -> None:
    for groups in ([Group("agent"), Group("agents")], [Group("agents"), Group("agent")]):
        finder = TopicFinder(groups)
        assert finder.meant_by(name) == name
        assert finder.find([f"on {name} that plan"]) == (name,)


def test_a_plural_that_is_written_down_as_no_topic_is_none() -> None:
    finder = TopicFinder([Group("agent", not_in=("agents",))])
    assert finder.find(["agents", "an agent"]) == ("agent",)
    assert finder.find(["agents"]) == ()


@pytest.mark.parametrize(
    ("text", "found"),
    [("ViTs", True), ("VITs", True), ("基于ViTs的", True), ("VITS", False), ("基于VITS的语音合成", False)],
)
def test_the_plural_of_an_abbreviation_has_a_small_letter(text: str, found: bool) -> None:
    finder = TopicFinder([Group("vision transformer", ("ViT",))])
    assert finder.find([text]) == (("vision transformer",) if found else ())
    assert finder.meant_by("VITS") is None
