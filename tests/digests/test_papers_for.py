"""The format `papers-for`: headings, links, what is tolerated and what is a problem."""

from __future__ import annotations

import pytest

from newsletter.errors import DigestError
from tests.digests.digest_texts import HEADER, read, read_one, write_digest, write_paper


def test_a_digest_is_read() -> None:
    digest = read(write_digest(write_paper(7, summary="**甲**, **乙**  第一句。第二句。")), source="x.md")
    [paper] = digest.papers
    assert (digest.date.isoformat(), digest.format, digest.source) == ("2025-09-24", "papers-for", "x.md")
    assert (paper.title, paper.url) == ("Paper 7", "https://arxiv.org/abs/2509.00007")
    assert (paper.arxiv_id, paper.keywords) == ("2509.00007", ("甲", "乙"))
    assert (paper.summary, paper.sections.one_line) == ("第一句。第二句。", "第一句。")


@pytest.mark.parametrize(
    "date",
    ["2025-09-24", "2025/9/24", "2025.09.24", "2025年9月24日", "：2025-9-24", "2025年 9月 24日（周三）"],
)
def test_the_date_may_be_written_in_several_ways(date: str) -> None:
    assert read(f"# Papers for {date}\n").date.isoformat() == "2025-09-24"


@pytest.mark.parametrize(
    "heading",
    [
        "## 0.[A title](https://arxiv.org/abs/2509.00001)",
        "## 0．［A title］（https://arxiv.org/abs/2509.00001）",
        "##12. [A title] (https://arxiv.org/abs/2509.00001)",
        "## 1、[A title](https://arxiv.org/abs/2509.00001) ⭐",
        "  ## [A title](<https://arxiv.org/abs/2509.00001>)",
        '## 3) [A title](https://arxiv.org/abs/2509.00001 "hover")',
        "## 4.[**A** *title*](https://arxiv.org/abs/2509.00001) [code](https://github.com/a/b)",
    ],
)
def test_a_heading_may_be_written_in_several_ways(heading: str) -> None:
    paper = read_one(f"{HEADER}{heading}\nsummary:一句话。\n")
    assert (paper.title, paper.url) == ("A title", "https://arxiv.org/abs/2509.00001")


@pytest.mark.parametrize(
    "title",
    [
        "Solving [MASK] (again)",
        "f[x](t) and g",
        "Half-open [0, 1) intervals",
        "Closed ] too early",
        "Opened [ too late",
        "多模态（综述）",
        "A* search & <b>C++</b>",
    ],
)
def test_a_title_may_hold_brackets_and_what_looks_like_markup(title: str) -> None:
    assert read_one(f"{HEADER}## 0.[{title}](https://a.org/b)\nsummary:一句话。\n").title == title


@pytest.mark.parametrize(
    "url", ["https://a.org/x_(y)", "https://a.org/x(y)z", "http://a.org/(((", "https://a.org/[x](y)"]
)
def test_an_address_may_hold_parentheses(url: str) -> None:
    assert read_one(f"{HEADER}## 0.[T]({url})\nsummary:一句话。\n").url == url


@pytest.mark.parametrize("label", ["summary:", "summary：", "Summary:", " SUMMARY ： ", ""])
def test_the_label_of_the_summary_may_vary_or_be_missing(label: str) -> None:
    assert (
        read_one(f"{HEADER}\n## 0.[T](https://a.org/b)\n\n\n{label}**甲**, **乙** 正文。").summary == "正文。"
    )


def test_a_summary_may_run_over_lines_and_blank_lines() -> None:
    text = write_digest(
        write_paper(0, summary="**甲**, **乙**\n\n第一段，\n还有。\n\n### 第二段\n"), write_paper(1)
    )
    first, second = read(text).papers
    assert (first.summary, second.summary) == ("第一段， 还有。 ### 第二段", "一句话。")


@pytest.mark.parametrize("line_end", ["\r\n", "\r"])
def test_other_line_ends_are_line_ends(line_end: str) -> None:
    text = write_digest(write_paper(0), write_paper(1), "\n## no paper\n")
    assert read(text.replace("\n", line_end)) == read(text)
    assert [problem.line for problem in read(text.replace("\n", line_end)).problems] == [9]


def test_characters_that_no_reader_can_carry_are_left_out() -> None:
    text = write_digest(write_paper(0, summary="\x00好\x1b[31m的\ufffe。").replace("Paper 0", "Pa\x07per"))
    paper = read_one(text)
    assert (paper.title, paper.summary) == ("Paper", "好[31m的。")


def test_a_header_without_papers_is_an_empty_digest() -> None:
    digest = read(HEADER)
    assert (digest.papers, digest.problems) == ((), ())


def test_words_above_the_first_paper_belong_to_none() -> None:
    assert read_one(write_digest("\n欢迎。\n", write_paper(0))).summary == "一句话。"


@pytest.mark.parametrize(
    ("heading", "word"),
    [
        ("## 1.[](https://a.org/b)", "title"),
        ("## 1.[ ](https://a.org/b)", "title"),
        ("## 1.[T]()", "link"),
        ("## 1.[T]", "link"),
        ("## 1.[T](javascript:alert(1))", "link"),
        ("## 1.[T](ftp://a.org/b)", "link"),
        ("## 1.[T](/relative)", "link"),
        ("## 1.[T](https://)", "link"),
        ("## 1.[T](https://[::1)", "link"),
        ("## 1. T", "not a paper's"),
        ("## 概览", "not a paper's"),
        ("##", "not a paper's"),
        (f"## 1.[{'T' * 2000}](https://a.org/b)", "too long"),
    ],
)
def test_a_heading_that_is_no_paper_is_a_problem_with_its_line_and_the_others_stand(
    heading: str, word: str
) -> None:
    digest = read(write_digest(write_paper(0), f"\n{heading}\nsummary:丢了。\n", write_paper(2)))
    assert [paper.title for paper in digest.papers] == ["Paper 0", "Paper 2"]
    assert [paper.summary for paper in digest.papers] == ["一句话。", "一句话。"]
    [problem] = digest.problems
    assert problem.line == 6
    assert word in problem.message


@pytest.mark.parametrize("summary", ["", "  ", "**甲**, **乙**", "**核心关键词**：甲, 乙"])
def test_a_paper_without_a_summary_stays_with_a_problem(summary: str) -> None:
    digest = read(write_digest(write_paper(0, summary=summary), write_paper(1)))
    assert [paper.summary for paper in digest.papers] == ["", "一句话。"]
    assert [problem.line for problem in digest.problems] == [3]


def test_a_paper_without_keywords_is_no_problem() -> None:
    assert read_one(write_digest(write_paper(0, summary="只有正文。"))).keywords == ()


def test_text_between_heading_and_summary_is_named() -> None:
    digest = read(f"{HEADER}## 0.[T](https://a.org/b)\nauthors: A, B\nsummary:一句话。\n")
    assert [paper.summary for paper in digest.papers] == ["一句话。"]
    assert [problem.line for problem in digest.problems] == [2]


def test_the_same_paper_twice_stands_once_and_the_second_is_named_with_its_line() -> None:
    again = write_paper(9, summary="又来了。", url="https://huggingface.co/papers/2509.00000")
    digest = read(write_digest(write_paper(0), write_paper(1), again))
    assert [paper.title for paper in digest.papers] == ["Paper 0", "Paper 1"]
    [problem] = digest.problems
    assert problem.line == 9
    assert "line 3" in problem.message


def test_problems_stand_in_the_order_of_their_lines() -> None:
    text = write_digest(write_paper(0), write_paper(0), "\n## x\n", write_paper(1, summary=""))
    assert [problem.line for problem in read(text).problems] == [6, 9, 11]


def test_a_second_date_is_a_problem() -> None:
    digest = read(write_digest(write_paper(0), "# Papers for 2025-09-25\n", write_paper(1)))
    assert (digest.date.day, len(digest.papers)) == (24, 2)
    assert [problem.line for problem in digest.problems] == [5]


def test_a_heading_without_a_date_is_a_problem_where_the_name_has_one() -> None:
    digest = read("\n# Papers for today\n", source="papers_2025_09_24.md")
    assert digest.date.isoformat() == "2025-09-24"
    assert [problem.line for problem in digest.problems] == [2]


@pytest.mark.parametrize("day", ["2025-13-40", "9999-12-31", "0001-01-01"])
def test_a_date_of_no_calendar_or_century_of_ours_is_an_error_with_its_line(day: str) -> None:
    with pytest.raises(DigestError, match=rf"line 3.*{day}") as caught:
        read(f"\n\n# Papers for {day}\n", source="2025-09-24.md")
    assert (caught.value.line, caught.value.source) == (3, "2025-09-24.md")
    assert caught.value.fix


def test_the_table_of_another_publisher_is_not_this_format() -> None:
    table = "\n| Title | Authors | Summary |\n|---|---|---|\n"
    assert read(f"## Papers for 2025-09-24\n{table}").format == "daily-ai-papers"
    assert read(write_digest(write_paper(0, summary=f"一句话。{table}"))).format == "papers-for"


def test_a_file_with_more_headings_than_any_digest_is_refused() -> None:
    with pytest.raises(DigestError, match="20,000 headings"):
        read(HEADER + "##\n" * 20_001)


def test_a_summary_longer_than_any_digests_is_a_problem() -> None:
    digest = read(write_digest(write_paper(0, summary="长" * 100_001)))
    assert [paper.summary for paper in digest.papers] == [""]
    assert "100,000 characters" in digest.problems[0].message
