"""The shapes of the keyword list, each with the prose behind it."""

from __future__ import annotations

import itertools

import pytest

from newsletter.digests.summary import Summary, read_summary

WORDS = ("强化学习", "Thinker-Talker MoE", "多模态大语言模型 (MLLM)", "高斯过程(GP)核")
PROSE = "本研究提出了新框架，旨在解决旧问题。它在`bench`上得到**73.5%**的成绩，优于基线。"


LABELS = [
    "",
    "**核心关键词**：",
    "**核心关键词**",
    "**关键词:** ",
    "**Core Keywords**: ",
    "Keywords: ",
    "关键词：",
]
ENDS = [" ", "  ", "\n", "\n\n", "  **一句话核心总结**：", " **One-sentence summary** ", "\n**关键方法**: "]


def write_list(shape: str, separator: str) -> str:
    words = [f"**{word}**" for word in WORDS] if shape == "each word bold" else WORDS
    joined = separator.join(words)
    return f"**{joined}**" if shape == "one bold run" else joined


@pytest.mark.parametrize("separator", [", ", "，", "、", ",", "； "])
@pytest.mark.parametrize("shape", ["each word bold", "one bold run", "plain"])
def test_a_list_is_read_behind_every_label_and_before_every_end(shape: str, separator: str) -> None:
    for label, end in itertools.product(LABELS, ENDS):
        if shape == "plain" and not label:
            continue  # words without any mark cannot be told from prose
        text = label + write_list(shape, separator) + end + PROSE
        summary = read_summary(text)
        assert (summary.keywords, summary.text) == (WORDS, PROSE), text


def keywords_and_text(text: str) -> tuple[list[str], str]:
    summary: Summary = read_summary(text)
    return list(summary.keywords), summary.text


def test_a_plain_list_that_ends_in_one_space_before_prose_is_read() -> None:
    text = "**Core Keywords**: 进程奖励模型, 自去噪, 鲁棒学习 本研究提出了框架（SCAN），旨在降噪。"
    assert keywords_and_text(text) == (
        ["进程奖励模型", "自去噪", "鲁棒学习"],
        "本研究提出了框架（SCAN），旨在降噪。",
    )


@pytest.mark.parametrize(
    ("last", "prose"),
    [
        ("低比特率", "FocalCodec是一种编解码器，延迟很低。它很快。"),
        ("BAKER", "提出上下文感知的核演化方法，效果很好。它很快。"),
        ("robust learning", "This paper proposes SCAN, a framework. It is fast."),
        ("鲁棒学习", "《SCAN》提出了一种方法，效果很好。"),
    ],
)
def test_a_plain_list_ends_where_a_sentence_begins_behind_one_space(last: str, prose: str) -> None:
    for separator in (", ", "，"):
        text = f"**关键词**：强化学习{separator}扩散模型{separator}{last} {prose}"
        assert keywords_and_text(text) == (["强化学习", "扩散模型", last], prose)


def test_a_list_whose_end_nobody_can_tell_loses_no_word_to_the_keywords() -> None:
    text = "**Keywords**: reward models, robust learning SCAN is a framework that denoises, and more. Good."
    assert keywords_and_text(text) == (
        ["reward models"],
        "robust learning SCAN is a framework that denoises, and more. Good.",
    )


def test_a_comma_within_brackets_does_not_split_a_keyword() -> None:
    keywords = ["范数 (L1, L2)", "集合【甲，乙】", "f(g(x, y), z)"]
    for text in (f"**{', '.join(keywords)}**  正文。", f"关键词：{', '.join(keywords)}  正文。"):
        assert keywords_and_text(text) == (keywords, "正文。")


def test_a_bracket_that_is_never_closed_is_a_character_like_any_other() -> None:
    assert keywords_and_text("**核心关键词**：甲 (乙, 丙  正文。") == (["甲 (乙", "丙"], "正文。")


def test_a_label_within_the_bold_run_of_its_list_is_no_keyword() -> None:
    assert keywords_and_text("**核心关键词：甲, 乙** 正文。") == (["甲", "乙"], "正文。")


def test_separators_within_the_bold_words_separate_too() -> None:
    assert keywords_and_text("**甲,** **乙,** **丙** 正文。") == (["甲", "乙", "丙"], "正文。")


def test_bold_and_plain_words_may_stand_in_one_labelled_list() -> None:
    assert keywords_and_text("**关键词**：**甲**, 乙, **丙**  正文。") == (["甲", "乙", "丙"], "正文。")


def test_a_list_may_be_broken_over_lines_behind_its_separators() -> None:
    assert keywords_and_text("**关键词**：\n甲, 乙,\n丙, 丁\n正文。") == (["甲", "乙", "丙", "丁"], "正文。")


def test_a_full_stop_behind_the_list_belongs_to_it() -> None:
    assert keywords_and_text("**关键词**：甲，乙。\n正文。") == (["甲", "乙"], "正文。")


def test_a_separator_left_over_at_the_end_is_dropped() -> None:
    assert keywords_and_text("**关键词**：甲, 乙,  **一句话总结**：正文。") == (["甲", "乙"], "正文。")


def test_a_single_labelled_keyword_is_a_list() -> None:
    assert keywords_and_text("**关键词**：强化学习  正文。") == (["强化学习"], "正文。")


def test_a_keyword_written_twice_counts_once() -> None:
    assert keywords_and_text("**甲**, **乙**, **甲**  正文。") == (["甲", "乙"], "正文。")


def test_markup_is_no_part_of_a_keyword() -> None:
    assert keywords_and_text("关键词：`code` agents, *emphasis*  正文。")[0] == ["code agents", "emphasis"]


def test_a_list_at_the_end_of_the_summary_is_read() -> None:
    text = "**一句话总结**：正文。  **结果**：更好。  **关键词**：甲, 乙"
    assert keywords_and_text(text) == (["甲", "乙"], "正文。 更好。")


@pytest.mark.parametrize(
    "prose",
    [
        "**LIMI**是一种方法，很好。",
        "**LIMI** 提出了一种方法。",
        "**Qwen**, **Llama**, and others are compared.",
        "**Qwen**, **Llama** are compared.",
        "**甲**, **乙**和**丙**是三种方法。",
        "**本文提出了新方法。效果显著，优于基线** 具体如下。",
        "关键词是什么？本文没有说。",
        "普通的正文，没有关键词。",
    ],
)
def test_prose_that_begins_in_bold_keeps_its_words(prose: str) -> None:
    assert keywords_and_text(prose) == ([], prose)
