"""Spellings, addresses, aliases and choices."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pypinyin import lazy_pinyin

from newsletter.errors import ConfigError
from newsletter.keywords import (
    Choice,
    Group,
    PinnedKeyword,
    Topics,
    Vocabulary,
    make_choice,
    make_slug,
    normal_form,
    read_groups,
    select_papers,
    split_abbreviation,
)
from newsletter.model import Preferences
from tests.builders import make_keyword, make_paper, publish


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("ＬＬＭ", "llm"),
        ("Large  Language\tModel", "large language model"),
        ("Gaia2 基准测试", "Gaia2基准测试"),
        ("强化学习。", "强化学习"),
        ("STRASSE", "straße"),
        ("KV 缓存 管理", "kv缓存管理"),
        ("强化　学习", "强化学习"),
        ("“强化学习”；", "强化学习"),
        ("ｶﾞﾝ", "ガン"),
        ("e\u0301tude", "étude"),
    ],
)
def test_spellings_of_one_keyword_have_one_normal_form(one: str, other: str) -> None:
    assert normal_form(one) == normal_form(other)


@given(st.text())
def test_the_normal_form_of_a_normal_form_is_itself(text: str) -> None:
    assert normal_form(normal_form(text)) == normal_form(text)


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("合成自举预训练 (SBP)", ("合成自举预训练", "SBP")),
        ("扩散变换器(DiT)", ("扩散变换器", "DiT")),
        ("多模态大语言模型（MLLM）", ("多模态大语言模型", "MLLM")),
        ("方法（改进）", ("方法（改进）", "")),
        ("(SBP)", ("(SBP)", "")),
        ("强化学习", ("强化学习", "")),
        ("Large Language Model(LLM)", ("Large Language Model", "LLM")),
        ("LLM (Large Language Model)", ("LLM", "Large Language Model")),
        ("大语言模型 (large language model)", ("大语言模型", "large language model")),
    ],
)
def test_an_abbreviation_in_closing_brackets_is_an_alias(written: str, expected: tuple[str, str]) -> None:
    assert split_abbreviation(written) == expected


@pytest.mark.parametrize(
    ("written", "label"),
    [
        ("高斯过程(GP)核", "高斯过程核"),
        ("高斯过程（GP）核", "高斯过程核"),
        ("在线强化学习 (RL) 方法", "在线强化学习 方法"),
        ("large language model (LLM) agents", "large language model agents"),
        ("large language model(LLM)agents", "large language model agents"),
        ("贝叶斯优化(BO)与高斯过程(GP)", "贝叶斯优化与高斯过程"),
        ("online reinforcement learning (RL)", "online reinforcement learning"),
    ],
)
def test_an_abbreviation_of_some_of_the_words_goes_and_teaches_nothing(written: str, label: str) -> None:
    assert split_abbreviation(written) == (label, "")


@pytest.mark.parametrize(
    "written",
    [
        *("f(x)", "f(XY)", "O(n log n)算法", "P(AB)分布", "GPT-4(V)", "GPT-4 (HD)", "C(++)", "（中文）"),
        *(
            "方法（改进）",
            "模型 (v2)",
            "大语言模型 (GPT-4)",
            "强化学习(agent)方法",
            "GPT-4 (Vision)",
            "()",
            "a(b",
        ),
    ],
)
def test_a_bracket_that_is_no_abbreviation_stays(written: str) -> None:
    assert split_abbreviation(written) == (written, "")


def test_a_keyword_with_an_abbreviation_inside_is_the_one_without() -> None:
    vocabulary = Vocabulary()
    assert vocabulary.resolve("高斯过程(GP)核") == vocabulary.resolve("高斯过程核")


@given(st.text(alphabet="aB甲核(（)） -4", max_size=40))
def test_a_label_has_no_abbreviation_left_and_is_never_empty(written: str) -> None:
    label, _ = split_abbreviation(written)
    assert split_abbreviation(label) == (label, "")
    assert bool(normal_form(label)) == bool(normal_form(written))


def test_brackets_without_end_take_no_time() -> None:
    for written in ("(" * 100_000, "甲(AB)" * 50_000, "a" + " " * 100_000 + "(AB)"):
        assert split_abbreviation(written) == (written, "")


def test_labels_that_an_ascii_form_would_confuse_have_addresses_of_their_own() -> None:
    labels = [
        *("C", "C++", "C#", "词元", "次元", "a-b", "a b", "／", "/", "😀", "😁", ".", "..", "", "é", "e"),
        *("con", "nul", "com1", "lpt9", "index", "all", "aux", "prn"),
    ]
    slugs = [make_slug(label) for label in labels]
    assert len(set(slugs)) == len(labels) - 1  # ／ is / in NFKC
    assert not set(slugs) & {"con", "nul", "com1", "lpt9", "index", "all", "aux", "prn"}
    assert make_slug("Large Language Model") == "large-language-model"
    assert make_slug("强化学习").startswith("qiang-hua-xue-xi-")


def test_a_slug_is_the_same_on_every_machine() -> None:
    assert [make_slug(label) for label in ("C++", "词元", "次元", "..", "con", "／")] == [
        *("c-cedb1bac", "ci-yuan-df95960b", "ci-yuan-f27b8933"),
        *("k-5ec1f7e7", "con-1143da2b", "k-8a5edab2"),
    ]


@given(st.text(max_size=200), st.text(max_size=200))
def test_a_slug_is_safe_in_urls_and_file_names_and_unique_to_its_normal_form(one: str, other: str) -> None:
    assert re.fullmatch(r"[a-z0-9-]{1,57}", make_slug(one))
    assert (make_slug(one) == make_slug(other)) == (normal_form(one) == normal_form(other))


@given(st.text(st.characters(max_codepoint=127)))
def test_the_dictionary_of_chinese_changes_nothing_in_ascii(text: str) -> None:
    """So that it need not be loaded for it."""
    assert "-".join(lazy_pinyin(text)) == text


def test_a_pinned_slug_stands_whatever_the_library_would_say_today() -> None:
    vocabulary = Vocabulary(pinned={"强化学习": PinnedKeyword("强化学习", "reinforcement")})
    assert vocabulary.resolve("强化学习").slug == "reinforcement"


def test_an_alias_of_the_operator_goes_before_one_a_digest_taught() -> None:
    vocabulary = Vocabulary(
        Topics([Group("大语言模型", ("LLM", "large language model"))]),
        learned={"llm": "逻辑学习机", "sbp": "合成自举预训练"},
    )
    assert vocabulary.resolve("llm").label == "大语言模型"
    assert vocabulary.resolve("Large Language Model (LLM)").label == "大语言模型"
    assert vocabulary.resolve("SBP").slug == vocabulary.resolve("合成自举预训练 (SBP)").slug


def test_aliases_in_a_circle_end() -> None:
    vocabulary = Vocabulary(Topics([Group("a", ("b",)), Group("b2", ("c",))]), learned={"x": "y", "y": "x"})
    assert vocabulary.resolve("x").slug in {"x", "y"}


def test_a_choice_of_a_keyword_matches_each_of_its_spellings() -> None:
    vocabulary = Vocabulary(Topics([Group("大语言模型", ("LLM",))]))
    papers = publish([make_paper(0, keywords=("llm",)), make_paper(1, keywords=("扩散模型",))])
    resolved = [
        type(paper)(paper.paper, vocabulary.resolve_all(paper.paper.keywords), *[paper.published_at] * 2, "e")
        for paper in papers
    ]
    choice = make_choice(Preferences(keywords=("大语言模型",)), vocabulary)
    assert [paper.paper.title for paper in select_papers(resolved, choice)] == [papers[0].paper.title]


def test_a_limit_keeps_the_first_papers_and_all_means_all() -> None:
    papers = publish([make_paper(number) for number in range(5)])
    assert select_papers(papers, Choice()) == papers
    assert select_papers(papers, Choice(limit=2)) == papers[:2]
    assert select_papers(papers, Choice(frozenset())) == ()


def test_own_keywords_come_before_broader_topics_and_more_before_fewer() -> None:
    a, b, c, other = (make_keyword(label) for label in "abcx")
    facts = [
        ((other,), (a, b, c)),  # only by broader topics, all of them
        ((other,), (a,)),
        ((a,), ()),
        ((other,), ()),
        ((b, a), ()),
        ((c,), (b,)),
        ((b,), ()),
    ]
    papers = [
        dataclasses.replace(paper, keywords=shown, broader=broader)
        for paper, (shown, broader) in zip(publish([make_paper(n) for n in range(7)]), facts, strict=True)
    ]
    choice = Choice(frozenset(keyword.slug for keyword in (a, b, c)))
    ranked = [papers[number] for number in (4, 5, 2, 6, 0, 1)]
    assert list(select_papers(papers, choice)) == ranked
    # The limit cuts after ranking; whoever gets all papers gets them in the digest's order.
    for limit in range(8):
        assert list(select_papers(papers, dataclasses.replace(choice, limit=limit))) == ranked[:limit]
        assert list(select_papers(papers, Choice(limit=limit))) == papers[:limit]


def test_one_spelling_in_two_groups_is_an_error_that_names_both(tmp_path: Path) -> None:
    path = tmp_path / "keywords.toml"
    path.write_text('"大语言模型" = ["LLM"]\n"语言模型" = ["llm"]\n', encoding="utf-8")
    with pytest.raises(ConfigError, match=r"'llm' stands under '大语言模型' and under '语言模型'"):
        read_groups(path)


def test_a_missing_keyword_file_means_no_aliases(tmp_path: Path) -> None:
    assert read_groups(tmp_path / "keywords.toml") == ()
