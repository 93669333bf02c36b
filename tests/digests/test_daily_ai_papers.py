"""The format `daily-ai-papers`: tables as their publisher writes them, and as they may break."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from newsletter.digests import digest_as_json, parse_digest
from newsletter.errors import DigestError
from newsletter.markup import to_html, to_plain
from newsletter.model import Digest, Paper
from tests.digests.digest_texts import read

DAY = "## Papers for 2025-09-24\n\n"
THREE = "| Title | Authors | Summary |\n|-------|---------|---------|\n"
FOUR = "| Title | Authors | Summary | Link |\n|---|---|---|---|\n"
ARXIV = "https://arxiv.org/abs/2509.17567"
FACE = "https://huggingface.co/papers/2509.17567"
MORE = f"(Read more on [arXiv]({ARXIV}) or [HuggingFace]({FACE}))"
NEXT = (
    "| Next (Read more on [arXiv](https://arxiv.org/abs/2509.00001) or "
    "[HuggingFace](https://huggingface.co/papers/2509.00001))| Bo | The next one. |\n"
)


def write(*rows: str, header: str = THREE) -> str:
    return DAY + header + "".join(rows)


def titles(digest: Digest) -> list[str]:
    return [paper.title for paper in digest.papers]


def read_first(row: str, header: str = THREE) -> Paper:
    """The paper of `row`, which costs neither the rows about it anything."""
    last = NEXT.replace("2509.00001", "2509.00002").replace("Next", "Last")
    around = (NEXT, last) if header == THREE else ("", "")
    digest = read(DAY + header + around[0] + row + around[1])
    assert digest.problems == ()
    if header == THREE:
        before, paper, behind = digest.papers
        assert (before.title, before.summary, before.authors) == ("Next", "The next one.", ("Bo",))
        assert (behind.title, behind.summary, behind.authors) == ("Last", "The next one.", ("Bo",))
    else:
        [paper] = digest.papers
    return paper


@pytest.mark.parametrize(
    ("title", "clause"),
    [
        ("A plain title", MORE),
        ("Gaps:  of\n  lines", MORE),
        ("Broken\n\tin three\n  lines", MORE),
        ("With (brackets) [and more]", MORE),
        ("What is p(y|x)?", MORE),
        ("|x| is a norm", MORE),
        ("The norm |x| of x", MORE),
        (r"An escaped \| pipe", MORE),
        (r"On $\mathbb{E}[y|x]$ and $a_1 * b_1 * c$", MORE),
        ("Stray | pipes | with space", MORE),
        ("A* and B*", MORE),
        ("snake_case_name", MORE),
        ("The flow f[x](t) of x[0]", MORE),
        ("See https://example.org/project now", MORE),
        ("An [old] (draft)", MORE),
        ("GUI-G^2 & co. <time>", MORE),
        ("Learning to Read More", MORE),
        ("Only arXiv", f"(Read more on [arXiv]({ARXIV}))"),
        ("Only the other", f"(Read more on [HuggingFace]({FACE}))"),
        ("Swapped", f"(Read more on [HuggingFace]({FACE}) or [arXiv]({ARXIV}))"),
        ("Without brackets", f"Read more on [arXiv]({ARXIV}) or [HuggingFace]({FACE})"),
        ("Spelled", f"(read more on [Arxiv]({ARXIV}) and [Hugging Face]({FACE}))"),
        ("Other words", f"(See the paper at [Paper]({ARXIV}), [HF]({FACE}))"),
        ("A dash before it", f"- [Read more]({ARXIV})"),
        ("A pipe between links", f"([arXiv]({ARXIV}) | [HuggingFace]({FACE}))"),
        ("Full width", f"（Read more on [arXiv]({ARXIV}) or [HuggingFace]({FACE})）"),
        ("Square", f"[Read more on [arXiv]({ARXIV}) or [HuggingFace]({FACE})]"),
        ("Broken within the clause", MORE.replace("on ", "on\n  ").replace("or ", "or\n")),
        ("Broken before an address", MORE.replace("](", "](\n")),
        ("Broken within an address", MORE.replace("/abs/", "/abs/\n  ").replace("papers/", "papers/\n")),
        ("One empty", f"(Read more on [arXiv]() or [HuggingFace]({FACE}))"),
        ("As HTML", f'(Read more on <a href="{ARXIV}">arXiv</a> or <a href="{FACE}">HuggingFace</a>)'),
        ("A bare address", f"({ARXIV})"),
        ("A bare address after all", f"{ARXIV}"),
        ("No clause end", f"(Read more on [arXiv]({ARXIV})"),
        ("A break<br>in HTML", f"<br/>{MORE}"),
    ],
)
def test_a_title_is_its_words_without_the_clause_of_links(title: str, clause: str) -> None:
    for gap in ("| ", " | "):
        paper = read_first(f"| {title} {clause}{gap}Ann, Bo C. | One thing. Another. |\n")
        expected = title.replace("\\|", "|").replace("<br>", " ")
        assert paper.title == " ".join(expected.split())
        assert paper.url == (ARXIV if "arxiv.org" in clause else FACE)
        assert paper.arxiv_id == "2509.17567"
        assert paper.authors == ("Ann", "Bo C.")
        assert paper.summary == "One thing. Another."
        assert paper.sections.one_line == "One thing."


@pytest.mark.parametrize(
    ("link", "url"),
    [
        (f"[Read more]({ARXIV})", ARXIV),
        (f"[Read more]({FACE})", FACE),
        (ARXIV, ARXIV),
        (f"<{ARXIV}>", ARXIV),
        (f'[Read more]({ARXIV} "at arXiv")', ARXIV),
        (f"[HF]({FACE}), [arXiv]({ARXIV})", ARXIV),
        (f"[HF]({FACE}) | [arXiv]({ARXIV})", ARXIV),
        (f"Read more: [here]({ARXIV})", ARXIV),
        ("[Read more](https://example.org/paper_(1))", "https://example.org/paper_(1)"),
    ],
)
@pytest.mark.parametrize("summary", ["Plain.", "With |x| and a | b in it.", r"An escaped \| pipe.", ""])
@pytest.mark.parametrize("end", [" |", "|", ""])
def test_a_column_of_links_gives_the_link(link: str, url: str, summary: str, end: str) -> None:
    digest = read(write(f"| One: p(y|x) | Ann | {summary} | {link}{end}\n", header=FOUR))
    [paper] = digest.papers
    assert (paper.title, paper.url, paper.authors) == ("One: p(y|x)", url, ("Ann",))
    assert to_plain(paper.summary) == summary.replace("\\", "")
    assert len(digest.problems) == (not summary)


@pytest.mark.parametrize(
    ("header", "row"),
    [
        ("| Link | Summary | Authors | Title |", f"| [x]({ARXIV}) | Text | b. | Ann | One |"),
        ("| Authors | Title | Summary |", f"| Ann | One {MORE} | Text | b. |"),
        ("| Summary | Title | Authors |", f"| Text | b. | One {MORE} | Ann |"),
        ("| # | Title | Authors | Summary |", f"| 1 | One {MORE} | Ann | Text | b. |"),
        ("|**Title**|*Author(s)*|TL;DR|Paper link|", f"| One | Ann | Text | b. | {ARXIV} |"),
        ("Title | Authors | Summary", f"One {MORE} | Ann | Text \\| b."),
        (
            "| Paper | Authors | Abstract | arXiv | HuggingFace |",
            f"| One | Ann | Text | b. | {ARXIV} | {FACE} |",
        ),
        ("| Title | Authors | Summary |", f"| [One]({ARXIV}) | Ann | Text \\| b. |"),
        ("| Title | Authors | Summary |", f"One {MORE} | Ann | Text \\| b. |"),
        ("| Title | Authors | Summary |", f"| One {MORE} | Ann | Text \\| b."),
        ("| Title | Authors | Summary |", f"|One {MORE}|Ann|Text \\| b.|"),
        ("| Title | Authors | Summary |", f"| One | Ann | Text \\| b. | {ARXIV} |"),
        ("", f"| One {MORE} | Ann | Text \\| b. |"),
    ],
)
def test_columns_are_found_by_name_in_any_order(header: str, row: str) -> None:
    rule = "|---|---|---|\n" if header.startswith("|") else ""
    digest = read(f"{DAY}{header}\n{rule}{row}\n", source="x.md")
    assert digest.problems == ()
    [paper] = digest.papers
    assert (paper.title, paper.url, paper.authors, paper.summary) == ("One", ARXIV, ("Ann",), "Text | b.")


@pytest.mark.parametrize("gap", ["\n", "\n  ", "\r\n", "  \n"])
def test_a_row_may_be_broken_at_every_space(gap: str) -> None:
    row = f"| One or two {MORE}| Ann, Bo | First - a - and |x| stays. The # of it | ends. |\n"
    whole = read(write(NEXT, row, NEXT.replace("00001", "00002")))
    assert len(whole.papers) == 3
    for space in [match.start() for match in re.finditer(" ", row)][1:-1]:
        broken = row[:space] + gap + row[space + 1 :]
        digest = read(write(NEXT, broken, NEXT.replace("00001", "00002")))
        assert (digest.papers, digest.problems) == (whole.papers, ()), broken


def test_rows_without_closing_pipe_stay_apart() -> None:
    rows = [NEXT.replace("00001", f"{number:05}").replace(" |\n", "\n") for number in range(4)]
    digest = read(write(*rows, "\nThe end of the list.\n"))
    assert [paper.summary for paper in digest.papers] == ["The next one."] * 4


def test_what_stands_between_tables_is_not_read() -> None:
    other = NEXT.replace("00001", "00002").replace("Next", "Other")
    text = write(NEXT, "\nSome words | and more.\n\n<!-- more -->\n<details>\n\n### Older\n\n", THREE, other)
    digest = read(text + "</details>\n\n---\nMade by hand: https://example.org/\n")
    assert (titles(digest), digest.problems) == (["Next", "Other"], ())
    assert all(paper.summary == "The next one." for paper in digest.papers)


@pytest.mark.parametrize(
    "row",
    [
        "",
        "|  |  |  |\n",
        "| - | - | - |\n",
        "| ... | ... | ... |\n",
        "| No papers today |  |  |\n",
        "| N/A | N/A | N/A |\n",
    ],
)
def test_a_day_without_papers_is_an_empty_digest(row: str) -> None:
    digest = read(write(row))
    assert (digest.papers, digest.problems) == ((), ())
    assert read(DAY + "No papers today.\n").papers == ()


def test_empty_cells_cost_nothing_else() -> None:
    paper = read_first(f"| One {MORE}|  | Text. |\n")
    assert (paper.authors, paper.summary) == ((), "Text.")
    digest = read(write(f"| One {MORE}| Ann |  |\n"))
    assert (digest.papers[0].authors, digest.papers[0].summary) == (("Ann",), "")
    assert [(problem.line, "missing" in problem.message) for problem in digest.problems] == [(5, True)]


def test_a_paper_has_the_same_identity_by_either_link() -> None:
    by_arxiv = read_first(f"| One (Read more on [arXiv]({ARXIV}v2))| Ann | Text. |\n")
    by_face = read_first(f"| One (Read more on [HuggingFace]({FACE}))| Ann | Text. |\n")
    assert by_arxiv.identity == by_face.identity == "arxiv:2509.17567"


def test_a_title_may_hold_a_link_or_a_clause_without_one() -> None:
    held = read_first(f"| The [tool](https://example.org/tool) for x {MORE}| Ann | Text. |\n")
    assert (held.title, held.url) == ("The tool for x", ARXIV)
    dead = read_first(f"| One (Read more on arXiv or HuggingFace) | Ann | Text. | [Link]({ARXIV}) |\n", FOUR)
    assert (dead.title, dead.url) == ("One", ARXIV)


def test_a_row_without_link_or_title_is_a_problem_with_its_line() -> None:
    digest = read(write("| Three | Cy | Text. |\n", NEXT, f"|  {MORE}| Cy | Text. |\n"))
    assert titles(digest) == ["Next"]
    assert [problem.line for problem in digest.problems] == [5, 7]


def test_numbered_parts_are_sections_and_leave_their_numerals() -> None:
    summary = (
        "i) One (ii) of it. ii) Two, iii) not here. iii) Three. iv) Four: i) a, ii) b. v) Five. The end."
    )
    paper = read_first(f"| One {MORE}| Ann | {summary} |\n")
    assert paper.sections.one_line == "One (ii) of it."
    assert paper.sections.problem == "Two, iii) not here."
    assert (paper.sections.method, paper.sections.results) == ("Three.", "Four: i) a, ii) b.")
    assert paper.sections.implications == "Five. The end."
    assert paper.summary == "One (ii) of it. Two, iii) not here. Three. Four: i) a, ii) b. Five. The end."


@pytest.mark.parametrize(
    ("summary", "one_line", "problem", "implications"),
    [
        ("i) One. ii) Two. iii) Three.", "One.", "Two.", ""),
        ("(i) One. (ii) Two. (iii) Three. (iv) Four.", "One.", "Two.", ""),
        ("**i)** One! **ii)** Two?", "One!", "Two?", ""),
        ("i) 1. ii) 2. iii) 3. iv) 4. v) 5. vi) 6.", "1.", "2.", "5. 6."),
        ("i) Only one. It goes on.", "Only one.", "", ""),
        ("It has parts. I) One. ii) Two.", "It has parts.", "", ""),
        ("i) One: one. iii) Three. iv) Four.", "One: one. iii) Three. iv) Four.", "", ""),
        ("It is i) small, ii) fast.", "It is i) small, ii) fast.", "", ""),
        ("ii) Two. i) One.", "ii) Two. i) One.", "", ""),
    ],
)
def test_numerals_mark_sections_only_in_order_where_sentences_begin(
    summary: str, one_line: str, problem: str, implications: str
) -> None:
    sections = read_first(f"| One {MORE}| Ann | {summary} |\n").sections
    assert (sections.one_line, sections.problem, sections.implications) == (one_line, problem, implications)


def test_code_formulas_and_tags_of_a_summary_show_as_they_are_written() -> None:
    written = (
        r"Tags `<time>` and <caption>, $a_i * b_i * c_i$, $\{x\}_{a}$ and $y_{b}$, 2*3, **bold** & $5 to $10."
    )
    paper = read_first(f"| One {MORE}| Ann | {written} |\n")
    assert to_plain(paper.summary) == written.replace("`", "").replace("**", "")
    assert "<code>&lt;time&gt;</code> and &lt;caption&gt;" in to_html(paper.summary)
    assert "<em>" not in to_html(paper.summary)


def test_html_leftovers_and_entities_are_read_as_what_they_mean() -> None:
    paper = read_first(f"| R&amp;D<br> {MORE}| Ann &amp; Co.,<br>Bo | One.<br><br/>Two&nbsp;x. |   \n")
    assert (paper.title, paper.authors, to_plain(paper.summary)) == (
        "R&D",
        ("Ann & Co.", "Bo"),
        "One. Two x.",
    )


def test_a_second_date_is_a_problem_and_its_papers_stand() -> None:
    text = write(NEXT) + "\n## Papers for 2025-09-23\n\n" + THREE + NEXT.replace("00001", "00002")
    digest = read(text)
    assert (digest.date.isoformat(), len(digest.papers)) == ("2025-09-24", 2)
    assert [problem.line for problem in digest.problems] == [7]


def test_a_date_of_no_calendar_is_an_error_with_its_line() -> None:
    with pytest.raises(DigestError, match=r"line 2.*2025-13-40"):
        read(f"\n## Papers for 2025-13-40\n{THREE}")


@pytest.mark.parametrize(
    "header",
    ["# Papers for 2025-09-24", "### Papers for 2025-09-24", "# Daily papers\n**Papers for 2025-09-24**"],
)
def test_the_date_stands_in_a_heading_of_any_level(header: str) -> None:
    digest = read(f"{header}\n\n{THREE}{NEXT}")
    assert (digest.date.isoformat(), digest.format, titles(digest)) == (
        "2025-09-24",
        "daily-ai-papers",
        ["Next"],
    )


def test_real_tables_are_read_to_the_last_word(shared_folder: Path) -> None:
    """Every paper whose row is regular, by an expression that knows nothing of cells; and no problem."""
    regular = re.compile(
        r"^\| (?P<title>[^|]+) \(Read more on \[arXiv\]\((?P<url>[^)]+)\)[^)]*\]\([^)]*\)\)"
        r"\| (?P<authors>[^|]*) \| (?P<summary>[^|]*)\|$",
        re.MULTILINE,
    )
    for path in sorted((shared_folder / "digests/daily-ai-papers").glob("*.md")):
        text = path.read_text(encoding="utf-8").replace("| Title | Authors | Summary |\n", "")
        digest = parse_digest(path.read_bytes(), source=path.name)
        assert (digest.date.isoformat(), digest.problems) == (path.stem, ())
        assert len(digest.papers) == len(set(re.findall(r"/abs/([\d.]+)\)", text)))
        found = {paper.url: paper for paper in digest.papers}
        for row in regular.finditer(text):
            paper = found[row["url"]]
            assert paper.title == " ".join(row["title"].split())
            assert ", ".join(paper.authors) == ", ".join(filter(None, row["authors"].split(", ")))
            assert "".join(row["summary"].split())[-20:] == "".join(paper.summary.split())[-20:]


def test_a_real_day_of_numbered_summaries_has_its_sections(shared_folder: Path) -> None:
    path = shared_folder / "digests/daily-ai-papers/2025-06-10.md"
    digest = parse_digest(path.read_bytes(), source=path.name)
    assert (len(digest.papers), sum(bool(paper.sections.implications) for paper in digest.papers)) == (33, 23)
    assert not re.search(
        r"(?:^|\. )[iv]+\) ", " ".join(each["text"] for each in digest_as_json(digest)["papers"])
    )
