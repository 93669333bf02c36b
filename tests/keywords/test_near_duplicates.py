"""Pairs of keywords that may be one."""

from __future__ import annotations

import time
from itertools import islice, product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.keywords.near_duplicates import NearDuplicate, find_near_duplicates


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("大语言模型", "大型语言模型"),
        ("multi-modal learning", "multimodal learning"),
        ("large language model", "Large Language Models"),
        ("reward model", "reward modeling"),
        ("检索增强生成", "检索增强的生成"),
        ("KV cache compression", "KV-cache compresion"),
    ],
)
def test_two_ways_to_write_one_keyword_are_a_pair(one: str, other: str) -> None:
    [pair] = find_near_duplicates([one, other, "流匹配"])
    assert {pair.old, pair.new} == {one, other}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("GPT-3 evaluation", "GPT-4 evaluation"),
        ("2D场景生成方法", "3D场景生成方法"),
        ("二维场景理解与生成方法", "三维场景理解与生成方法"),
        ("监督学习", "无监督学习"),
        ("深度监督学习方法", "深度无监督学习方法"),
        ("supervised learning", "unsupervised learning"),
        ("online reinforcement learning", "offline reinforcement learning"),
        ("text encoder network", "text decoder network"),
        ("大语言模型", "语言模型"),
        ("多模态大模型", "多模态大模型推理"),
        ("强化学习", "在线强化学习"),
        ("词元", "次元"),
        ("LLM", "大语言模型"),
    ],
)
def test_what_looks_alike_and_is_not_is_no_pair(one: str, other: str) -> None:
    assert find_near_duplicates([one, other]) == ()


def test_the_rarer_is_the_old_one_and_the_closest_pair_leads() -> None:
    labels = [
        "大型语言模型",
        "大语言模型",
        "multimodal learning",
        "multi-modal learning",
        "检索增强的生成",
        "检索增强生成",
    ]
    pairs = find_near_duplicates(labels, [1, 90, 5, 2, 3, 3])
    assert [(pair.old, pair.new) for pair in pairs] == [
        ("multi-modal learning", "multimodal learning"),
        ("检索增强生成", "检索增强的生成"),
        ("大型语言模型", "大语言模型"),
    ]
    assert pairs[0] == NearDuplicate("multi-modal learning", "multimodal learning", 100)
    assert find_near_duplicates(labels, limit=1) == find_near_duplicates(labels)[:1]


def test_only_recent_labels_are_compared_with_all() -> None:
    labels = ["大型语言模型", "大语言模型", "检索增强的生成", "检索增强生成"]
    [pair] = find_near_duplicates(labels, recent=["检索增强生成"])
    assert pair.new in labels[2:]
    assert find_near_duplicates(labels, recent=labels) == find_near_duplicates(labels)
    assert find_near_duplicates(labels, recent=[]) == ()


@given(st.lists(st.text(max_size=12), max_size=12, unique=True))
def test_a_pair_is_told_once_and_never_of_one_label(labels: list[str]) -> None:
    pairs = [frozenset((pair.old, pair.new)) for pair in find_near_duplicates(labels)]
    assert len(set(pairs)) == len(pairs)
    assert all(len(pair) == 2 and pair <= set(labels) for pair in pairs)


def test_many_alike_are_compared_in_time() -> None:
    labels = [f"模型{''.join(each)}" for each in islice(product("强化学习推理生成", repeat=6), 0, None, 65)]
    assert len(labels) == 4_033
    started = time.process_time()
    assert len(find_near_duplicates(labels)) == 50
    assert time.process_time() - started < 10


def test_two_topics_of_the_vocabulary_are_known_to_be_different() -> None:
    labels = ["vision transformer", "diffusion transformer", "diffusion transformers"]
    assert len(find_near_duplicates(labels)) >= 1
    pairs = find_near_duplicates(labels, settled=labels[:2])
    assert {(pair.old, pair.new) for pair in pairs} == {("diffusion transformers", "diffusion transformer")}
