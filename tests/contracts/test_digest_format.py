"""What every format of digest promises. A new format joins with one `FormatSample`."""

from __future__ import annotations

import codecs
from dataclasses import dataclass, replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from newsletter.digests import digest_as_json, digest_as_text, parse_digest
from newsletter.digests.formats import FORMATS, find_format
from newsletter.errors import DigestError
from newsletter.model import Digest
from tests.builders import DAY


@dataclass(frozen=True)
class FormatSample:
    """A text of a format: its beginning, two papers, a paper nobody can read, its end.

    `header` carries the date 2025-09-24; `undated` is a header without one. The papers have a
    title, a link, a summary and, where the format knows them, keywords; `broken` claims to be a paper
    and has no usable link. `separator` stands between papers and has no newline.
    """

    header: str
    papers: tuple[str, str]
    broken: str
    undated: str
    footer: str = ""
    separator: str = ""
    has_keywords: bool = True

    def write(self, *papers: str, dated: bool = True) -> str:
        return (self.header if dated else self.undated) + self.separator.join(papers) + self.footer

    def begin(self, *papers: str) -> str:
        return self.header + self.separator.join(papers)

    @property
    def whole(self) -> str:
        return self.write(*self.papers)


SAMPLES = {
    "papers-for": FormatSample(
        header="# Papers for 2025-09-24\n",
        papers=(
            "\n## 0.[One (of [two])](https://arxiv.org/pdf/2509.17567v2)\n"
            "summary:**甲**, **乙 (B, C)**  第一句。**73.5%**的成绩。\n",
            "\n## 1.[Two](https://example.org/paper_(2))\n"
            "summary:**核心关键词**：丙，丁  **一句话总结**：总结。  **关键方法**：方法`x`。\n",
        ),
        broken="\n## 2.[Three](nowhere)\nsummary:**戊**, **己**  没有链接。\n",
        undated="",
    ),
    "daily-ai-papers": FormatSample(
        header="## Papers for 2025-09-24\n\n| Title | Authors | Summary |\n|---|---|---|\n",
        papers=(
            "| One (of [two]) (Read more on [arXiv](https://arxiv.org/abs/2509.17567) or"
            " [HuggingFace](https://huggingface.co/papers/2509.17567))| Ann, Bo | i) First. ii) Second. |\n",
            "| Two\n  of |x| (Read more on [HuggingFace](https://huggingface.co/papers/2509.17568))|  "
            "| Prose. |\n",
        ),
        broken="| Three | Cy | No link. |\n",
        undated="| Title | Authors | Summary |\n|---|---|---|\n",
        has_keywords=False,
    ),
    "hf-chinese": FormatSample(
        header="# Hugging Face 2025-09-24 论文日报\n\n## 📝 论文详情\n",
        papers=(
            "\n### 1. 甲（乙）\n\n**原文标题：** One of\n  Two\n\n"
            "**摘要：**\n第一句。第二句。\n\n**关键词：** 丙，丁\n"
            "\n**论文链接：** [HuggingFace](https://huggingface.co/papers/2509.17567)"
            " | [arXiv](https://arxiv.org/abs/2509.17567)\n\n---\n",
            "\n### 2. 戊\n\n**摘要：**\n一段。\n\n二段。\n\n**关键词：** 己\n"
            "\n**论文链接：** [站点](https://example.org/paper)\n",
        ),
        broken="\n### 3. 庚\n\n**原文标题：** Three\n\n**摘要：**\n没有链接。\n\n**论文链接：** []()\n",
        undated="## 📝 论文详情\n",
        footer="\n## 🔍 关键词云图\n![图](https://example.org/cloud.png)\n",
    ),
    "json": FormatSample(
        header='{"date": "2025-09-24", "papers": [\n',
        papers=(
            '{"title": "One (of [two])", "url": "https://arxiv.org/abs/2509.17567v2",\n'
            ' "keywords": ["甲", "乙"], "text": "*第一句*。第二句。"}\n',
            '{"title": "Two", "url": "https://example.org/paper_(2)", "keywords": ["丙"],\n'
            ' "sections": {"one_line": "总结。", "method": "方法。"}}\n',
        ),
        broken='{"title": "Three",\n "url": "nowhere"}\n',
        undated='{"papers": [\n',
        footer="]}\n",
        separator=",",
    ),
}

every_format = pytest.mark.parametrize("name", sorted(FORMATS))


def read(text: str, source: str = "digest.md") -> Digest:
    return parse_digest(text.encode(), source=source)


def test_every_format_has_a_sample_and_its_own_name() -> None:
    assert SAMPLES.keys() == FORMATS.keys()
    assert all(name == digest_format.name for name, digest_format in FORMATS.items())


@every_format
def test_a_sample_is_read(name: str) -> None:
    digest = read(SAMPLES[name].whole)
    assert (digest.date, digest.format, digest.problems) == (DAY, name, ())
    assert len(digest.papers) == 2
    for paper in digest.papers:
        assert paper.title
        assert paper.url.startswith("https://")
        assert bool(paper.keywords) == SAMPLES[name].has_keywords
        assert paper.summary
        assert paper.sections.one_line


@every_format
def test_no_other_format_claims_a_sample(name: str) -> None:
    whole = SAMPLES[name].whole
    assert [known for known, digest_format in FORMATS.items() if digest_format.sniff(whole)] == [name]


@every_format
def test_a_byte_order_mark_changes_nothing(name: str) -> None:
    data = SAMPLES[name].whole.encode()
    assert parse_digest(codecs.BOM_UTF8 + data, source="digest.md") == read(SAMPLES[name].whole)


@every_format
@pytest.mark.parametrize("line_end", ["\r\n", "\r"])
def test_other_line_ends_change_nothing(name: str, line_end: str) -> None:
    sample = SAMPLES[name]
    text = sample.write(*sample.papers, sample.broken)
    assert read(text.replace("\n", line_end)) == read(text)


@every_format
def test_a_missing_final_newline_changes_nothing(name: str) -> None:
    assert read(SAMPLES[name].whole.rstrip("\n")) == read(SAMPLES[name].whole)


@every_format
def test_blank_lines_around_it_move_nothing_but_lines(name: str) -> None:
    assert read(f"\n\n{SAMPLES[name].whole}\n\n").papers == read(SAMPLES[name].whole).papers


@every_format
def test_no_papers_are_an_empty_digest(name: str) -> None:
    digest = read(SAMPLES[name].write())
    assert (digest.date, digest.papers, digest.problems) == (DAY, (), ())


@every_format
def test_the_date_may_come_from_the_name(name: str) -> None:
    text = SAMPLES[name].write(*SAMPLES[name].papers, dated=False)
    assert read(text, "2025-09-24.md") == replace(read(SAMPLES[name].whole), source="2025-09-24.md")
    with pytest.raises(DigestError, match="date"):
        read(text)


@every_format
def test_the_same_paper_twice_stands_once_with_a_problem_in_the_second(name: str) -> None:
    sample = SAMPLES[name]
    digest = read(sample.write(*sample.papers, sample.papers[0]))
    assert digest.papers == read(sample.whole).papers
    [problem] = digest.problems
    assert_line_within(problem.line, sample.begin(*sample.papers), sample.papers[0])


@every_format
def test_a_broken_paper_is_named_with_its_line_and_the_others_stand(name: str) -> None:
    sample = SAMPLES[name]
    digest = read(sample.write(sample.papers[0], sample.broken, sample.papers[1]))
    assert digest.papers == read(sample.whole).papers
    [problem] = digest.problems
    assert_line_within(problem.line, sample.begin(sample.papers[0]), sample.broken)


def assert_line_within(line: int | None, before: str, piece: str) -> None:
    first = before.count("\n") + 1
    assert line is not None
    assert first <= line <= first + piece.count("\n")


@every_format
@settings(deadline=None)
@given(data=st.data())
def test_a_mutated_text_never_crashes_and_problems_name_lines_that_exist(
    name: str, data: st.DataObject
) -> None:
    text = SAMPLES[name].write(*SAMPLES[name].papers, SAMPLES[name].broken)
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(text)))
        end = data.draw(st.integers(start, min(len(text), start + 40)))
        pieces = st.one_of(
            st.text(max_size=20),
            st.sampled_from(["**", "](", "\n## ", "\n", "  ", "：", "`", "[", "|", "ii) ", '"', "{"]),
        )
        text = text[:start] + data.draw(pieces) + text[end:]
    check(text.encode("utf-8", "surrogatepass"))


@every_format
@given(data=st.binary(max_size=200))
def test_any_bytes_behind_the_header_never_crash(name: str, data: bytes) -> None:
    check(SAMPLES[name].header.encode() + data)


def check_error(error: DigestError) -> None:
    assert error.source == "digest.md"
    assert "\n" not in error.message


def check(data: bytes) -> None:
    try:
        digest = parse_digest(data, source="digest.md")
    except DigestError as refused:
        check_error(refused)
        return
    lines = data.decode("utf-8", "replace").replace("\r\n", "\n").replace("\r", "\n").count("\n") + 1
    assert all(problem.line and 1 <= problem.line <= lines for problem in digest.problems)
    assert len({paper.identity for paper in digest.papers}) == len(digest.papers)
    assert all(paper.title and "\n" not in paper.title + paper.url for paper in digest.papers)
    assert digest_as_json(digest)["date"] == digest.date.isoformat()
    assert digest_as_text(digest)


@every_format
@pytest.mark.parametrize(
    "piece",
    [
        "**",
        "[",
        "(",
        "**a**, ",
        "a, ",
        "`",
        ". ",
        "<",
        "\n",
        "**关键词**：",
        "*a",
        "|",
        "| ",
        "i) ",
        "\\",
        "$a",
    ],
)
def test_a_megabyte_of_one_mark_is_read_at_once(name: str, piece: str) -> None:
    sample = SAMPLES[name]
    noise = piece * (1_000_000 // len(piece))
    check(sample.write(sample.papers[0].rstrip("\n") + noise, sample.papers[1]).encode())


def test_a_text_of_no_format_is_claimed_by_none() -> None:
    assert find_format("# Notes\n\nPapers for nobody.\n") is None
