"""The format `hf-chinese`: a Chinese page with labelled parts, as its publisher writes it and otherwise."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from newsletter.digests import digest_as_json, digest_as_text, parse_digest
from newsletter.markup import to_plain
from newsletter.model import Paper
from tests.digests.digest_texts import read

HEADER = '# <img src="https://example.org/logo.png" width="30"/> Hugging Face 2025-09-24 论文日报\n\n'
FIGURES = "## 📊 今日论文统计\n- 总论文数：1\n- 热门领域：LLM, RL\n\n## 📝 论文详情\n\n"
FOOTER = "\n## 🔍 关键词云图\n![词云](images/cloud.png)\n\n## 📱 订阅渠道\n- [站点](https://example.org/)\n"
ARXIV = "https://arxiv.org/abs/2509.17567"
FACE = "https://huggingface.co/papers/2509.17567"
LINKS = f"**论文链接：** [HuggingFace]({FACE}) | [arXiv]({ARXIV})\n"
PAPER = f"""
### 1. 少即是多：智能体的数据

**原文标题：** Less is More: Data
  for Agents

**摘要：**
数据越少越好。我们给出证据。

{LINKS}


---
"""


def read_one(paper: str) -> Paper:
    digest = read(HEADER + FIGURES + paper + FOOTER)
    assert (digest.problems, digest.format) == ((), "hf-chinese")
    [found] = digest.papers
    return found


def test_a_paper_has_both_titles_its_abstract_and_the_arxiv_link() -> None:
    paper = read_one(PAPER)
    assert (paper.title, paper.original_title) == ("少即是多：智能体的数据", "Less is More: Data for Agents")
    assert (paper.url, paper.arxiv_id) == (ARXIV, "2509.17567")
    assert (paper.summary, paper.sections.one_line) == ("数据越少越好。我们给出证据。", "数据越少越好。")
    assert (paper.keywords, paper.authors) == ((), ())


@pytest.mark.parametrize(
    "heading",
    [
        "### 1、",
        "### 🔥 1. ",
        "### 1️⃣ ",
        "###1.",
        "### ",
        "### 📄 ",
        "### 12：",
        "## 1. ",
        "#### 1. ",
        "### ① ",
    ],
)
def test_the_heading_may_be_numbered_in_other_ways(heading: str) -> None:
    assert read_one(PAPER.replace("### 1. ", heading)) == read_one(PAPER)


@pytest.mark.parametrize(
    "title", ["3D 高斯", "2025年综述", "“引号”里的词", "$x_1$ 与 $x_2$", "《书》", "C*-代数"]
)
@pytest.mark.parametrize("heading", ["### 1. ", "### 🔥 1. "])
def test_what_a_title_begins_with_is_kept(heading: str, title: str) -> None:
    assert read_one(PAPER.replace("### 1. 少即是多：智能体的数据", heading + title)).title == title


def test_a_title_that_is_a_link_gives_its_words_and_serves_where_no_other_link_is() -> None:
    text = PAPER.replace("少即是多：智能体的数据", f"[少即是多：智能体的数据]({ARXIV})")
    assert read_one(text.replace(LINKS, "")) == read_one(text) == read_one(PAPER)


@pytest.mark.parametrize(
    ("links", "url"),
    [
        (f"**论文链接：** [arXiv]({ARXIV}) | [HuggingFace]({FACE})\n", ARXIV),
        (f"**论文链接**：[HuggingFace]({FACE})\n", FACE),
        (f"**论文链接:** []() | [arXiv]({ARXIV})\n", ARXIV),
        (f"**论文链接：**\n\n- {FACE}\n- {ARXIV}\n", ARXIV),
        (f"**链接：** <{ARXIV}>\n", ARXIV),
    ],
)
def test_links_may_stand_in_any_order_and_number(links: str, url: str) -> None:
    paper = read_one(PAPER.replace(LINKS, links))
    assert (paper.url, paper.arxiv_id) == (url, "2509.17567")
    assert paper.summary == "数据越少越好。我们给出证据。"


def test_an_abstract_may_have_paragraphs_lists_and_words_of_its_own_in_bold() -> None:
    abstract = (
        "第一段，用 $a_1 * b_1 * c$ 写。\n\n- 一项\n- 二项\n\n**方法：** 又一段。\n见 https://x.org/ 。\n"
    )
    paper = read_one(PAPER.replace("数据越少越好。我们给出证据。\n", abstract))
    assert to_plain(paper.summary) == " ".join(abstract.replace("**", "").split())
    assert paper.url == ARXIV


def test_missing_parts_cost_nothing_but_themselves() -> None:
    without_original = read_one(PAPER.replace("**原文标题：** Less is More: Data\n  for Agents\n", ""))
    assert (without_original.title, without_original.original_title) == ("少即是多：智能体的数据", "")
    assert read_one(PAPER.replace("**摘要：**\n", "")) == read_one(PAPER)
    assert read_one(PAPER.replace("---", "")) == read_one(PAPER)
    assert read_one(PAPER.replace("少即是多：智能体的数据", "")).title == "Less is More: Data for Agents"
    digest = read(HEADER + PAPER.replace("数据越少越好。我们给出证据。", ""))
    assert [(paper.summary, paper.sections.one_line) for paper in digest.papers] == [("", "")]
    assert [(problem.line, "missing" in problem.message) for problem in digest.problems] == [(4, True)]


def test_the_same_title_twice_is_given_once() -> None:
    assert (
        read_one(PAPER.replace("Less is More: Data\n  for Agents", "少即是多：智能体的数据")).original_title
        == ""
    )


def test_papers_without_usable_link_are_left_out_with_their_line() -> None:
    other = PAPER.replace(LINKS, "**论文链接：** []()\n").replace("### 1.", "### 2.")
    digest = read(HEADER + PAPER + other)
    assert len(digest.papers) == 1
    assert [problem.line for problem in digest.problems] == [4 + PAPER.count("\n")]


def test_figures_of_the_day_are_no_papers() -> None:
    digest = read(HEADER + FIGURES + "### 热门领域\n- LLM\n\n## 1. 统计\n- 无\n" + FOOTER)
    assert (digest.papers, digest.problems) == ((), ())


def test_both_titles_are_shown_and_only_where_there_are_two() -> None:
    two = read(HEADER + PAPER)
    one = read(HEADER + PAPER.replace("**原文标题：** Less is More: Data\n  for Agents\n", ""))
    assert digest_as_json(two)["papers"][0]["original_title"] == "Less is More: Data for Agents"
    assert "original_title" not in json.dumps(digest_as_json(one))
    assert "0. 少即是多：智能体的数据\n   Less is More: Data for Agents\n   https://" in digest_as_text(two)
    assert "0. 少即是多：智能体的数据\n   https://" in digest_as_text(one)


def test_a_real_page_is_read_whole(shared_folder: Path) -> None:
    path = shared_folder / "digests/hf-chinese/2025-01-23.md"
    digest = parse_digest(path.read_bytes(), source="x.md")
    assert (digest.date.isoformat(), digest.problems) == ("2025-01-23", ())
    assert [paper.arxiv_id for paper in digest.papers] == [
        "2501.12909", "2501.12948", "2501.13074", "2501.12599", "2501.12570",
    ]  # fmt: skip
    assert digest.papers[0].original_title.endswith("Automation in Virtual 3D Spaces")
    assert all(
        paper.title != paper.original_title and paper.summary.endswith("。") for paper in digest.papers[:4]
    )


def test_a_real_page_without_links_has_no_papers_and_a_problem_for_each(shared_folder: Path) -> None:
    path = shared_folder / "digests/hf-chinese/2025-01-08.md"
    digest = parse_digest(path.read_bytes(), source="x.md")
    lines = path.read_text(encoding="utf-8").split("\n")
    assert (digest.papers, len(digest.problems)) == ((), 15)
    assert all(lines[(problem.line or 0) - 1].startswith("### ") for problem in digest.problems)
