"""Sections, their labels, and the first sentence."""

from __future__ import annotations

import pytest

from newsletter.digests.sentences import first_sentence
from newsletter.digests.summary import read_summary
from newsletter.model import Sections

LABELS = {
    "one_line": (
        "一句话核心总结|一句话核心摘要|一句话核心概述|一句话核心概括|一句话总结|一句话摘要"
        "|One-sentence summary|One-line summary|TL;DR"
    ),
    "problem": (
        "主要研究问题或目标|研究问题|主要问题|研究目标|研究问题与目标|问题"
        "|Problem|Main research question or objective|Objective"
    ),
    "method": (
        "关键方法|关键方法论|核心方法|核心方法论|方法论|主要研究方法|方法"
        "|Method|Methods|Key methodology|Approach"
    ),
    "results": (
        "主要成果|主要结果|主要研究成果|研究成果|实验结果|结果|主要发现"
        "|Results|Key results|Primary results|Findings"
    ),
    "implications": (
        "对AI从业者的主要启示|对 AI 从业者的启示|主要启示|启示"
        "|Implications|Principal implication for AI practitioners|Key takeaways"
    ),
}


@pytest.mark.parametrize("field", LABELS)
@pytest.mark.parametrize("mark", ["**{}**：", "**{}**:", "**{}：** ", "**{}:**", "**{}** ", "**{}**： "])
def test_every_label_is_known_with_and_without_a_colon_of_either_width(field: str, mark: str) -> None:
    for label in LABELS[field].split("|"):
        summary = read_summary(f"引言。  {mark.format(label)}内容在此。")
        assert getattr(summary.sections, field) == "内容在此。", label
        assert summary.text == "引言。 内容在此。"


def test_sections_are_read_and_the_text_has_neither_labels_nor_keywords() -> None:
    summary = read_summary(
        "**核心关键词**：甲, 乙  **一句话总结**：总结。  **问题**：难。  **方法**：做。"
        "  **结果**：**73.5%**的成绩。  **启示**：用。"
    )
    assert summary.keywords == ("甲", "乙")
    assert summary.sections == Sections("总结。", "难。", "做。", "**73.5%**的成绩。", "用。")
    assert summary.text == "总结。 难。 做。 **73.5%**的成绩。 用。"


def test_bold_words_within_a_section_are_content() -> None:
    method = "流程： 1. **离线分段聚类**：先聚类。 2. **在线查询**：再查询。"
    summary = read_summary(f"**关键方法论**：{method}  **主要结果**：好。")
    assert (summary.sections.method, summary.sections.results) == (method, "好。")


def test_a_label_word_made_bold_within_prose_is_content() -> None:
    text = "本文的 **方法** 优于**结果**更好的模型。"
    assert read_summary(text).text == text
    assert read_summary(text).sections == Sections(text)


def test_a_label_written_twice_joins_its_parts() -> None:
    assert read_summary("**结果**：一。  **方法**：做。  **结果**：二。").sections.results == "一。 二。"


def test_an_empty_section_is_not_there() -> None:
    assert read_summary("引言。  **方法**：  **结果**：好。").sections == Sections("引言。", results="好。")


def test_a_summary_over_paragraphs_is_one_line_of_text() -> None:
    summary = read_summary("**甲**, **乙**\n\n第一段，\n接着写。\n\n**方法**：第二段。\n")
    assert summary.text == "第一段， 接着写。 第二段。"
    assert summary.sections == Sections("第一段， 接着写。", method="第二段。")


def test_an_empty_summary_has_an_empty_line() -> None:
    assert read_summary(" \n ").sections == Sections("")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("第一句。第二句。", "第一句。"),
        ("真的吗？是的。", "真的吗？"),
        ("准确率为3.1%，很高！其后。", "准确率为3.1%，很高！"),
        (
            "See e.g. GPT-4 vs. Llama by Li et al. It works. More.",
            "See e.g. GPT-4 vs. Llama by Li et al. It works.",
        ),
        ("It costs 3.1 dollars at example.org today. More.", "It costs 3.1 dollars at example.org today."),
        ("流程如下： 1. 先做。 2. 再做。", "流程如下： 1. 先做。"),
        ("1. Collect data. 2. Train.", "1. Collect data."),
        ("他说：“很好。”然后走了。", "他说：“很好。”"),
        ("**第一句。**第二句。", "**第一句。**"),
        ("**甲。乙。**丙。丁。", "**甲。乙。**"),
        ("第一句。**第二**句。", "第一句。"),
        ("运行`a. B`即可。其后。", "运行`a. B`即可。"),
        ("没有句号的文字", "没有句号的文字"),
        ("It is good...  Really.", "It is good..."),
        ("", ""),
    ],
)
def test_the_first_sentence_ends_where_a_reader_would_end_it(text: str, sentence: str) -> None:
    assert first_sentence(text) == sentence
