"""The format `json`: what the program prints, read again; and what other programs may print."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.digests import digest_as_json, parse_digest
from newsletter.errors import DigestError
from newsletter.markup import to_html, to_plain
from newsletter.model import Digest
from tests.contracts.test_digest_format import SAMPLES, every_format
from tests.digests.digest_texts import read

PAPER: dict[str, Any] = {"title": "One", "url": "https://arxiv.org/abs/2509.17567"}
MARKED = st.text(st.sampled_from('ab .。*_`[]()<>&~!\\\n-:#$|^{}1"\u2028é') | st.characters(), max_size=60)


def write(*papers: Any, **facts: Any) -> str:
    return json.dumps({"date": "2025-09-24", "papers": list(papers), **facts}, ensure_ascii=False)


def show(digest: Digest) -> dict[str, Any]:
    """The JSON of a digest, without what tells how it was read."""
    return {key: value for key, value in digest_as_json(digest).items() if key not in {"format", "problems"}}


def read_again(digest: Digest) -> dict[str, Any]:
    return show(read(json.dumps(digest_as_json(digest))))


@every_format
def test_what_is_shown_of_a_sample_is_read_again(name: str) -> None:
    digest = read(SAMPLES[name].whole)
    assert read_again(digest) == show(digest)


def test_what_is_shown_of_real_digests_is_read_again(shared_folder: Path) -> None:
    for path in sorted((shared_folder / "digests").glob("*/*.md")):
        digest = parse_digest(path.read_bytes(), source=path.name)
        assert read_again(digest) == show(digest)


@every_format
@given(words=MARKED)
def test_whatever_a_summary_holds_is_read_again(name: str, words: str) -> None:
    sample = SAMPLES[name]
    for mark in ("第一句", "First", "一段"):
        written = sample.whole.replace(mark, mark + (json.dumps(words)[1:-1] if name == "json" else words))
        try:
            digest = read(written.encode("utf-8", "replace").decode())
        except DigestError:
            continue
        assert read_again(digest) == show(digest)


@given(words=MARKED)
def test_texts_are_plain_and_come_out_as_they_are(words: str) -> None:
    digest = read(
        json.dumps({"date": "2025-09-24", "papers": [PAPER | {"text": words, "title": f"T {words}"}]})
    )
    [paper] = digest.papers
    [shown] = digest_as_json(digest)["papers"]
    assert shown["text"] == to_plain(paper.summary)
    assert shown["title"] == f"T {shown['text']}".strip()
    html = to_html(paper.summary)
    assert "<" not in html
    assert len(shown["text"]) >= len("".join(words.split())) - sum(not each.isprintable() for each in words)


def test_markdown_in_a_text_is_no_markup() -> None:
    text = "*a* __b__ `c` <b>d</b> [x](https://example.org/) &amp; ~~e~~ \\* ![i](j) https://example.org"
    [paper] = read(write(PAPER | {"text": text})).papers
    assert to_plain(paper.summary) == text
    assert "<" not in to_html(paper.summary)


def test_only_title_and_url_are_needed() -> None:
    digest = read(write(PAPER))
    assert digest.problems == ()
    [shown] = digest_as_json(digest)["papers"]
    assert shown == {
        "position": 0,
        "title": "One",
        "url": "https://arxiv.org/abs/2509.17567",
        "arxiv_id": "2509.17567",
        "authors": [],
        "keywords": [],
        "sections": {"one_line": ""},
        "text": "",
    }


def test_what_is_missing_comes_from_what_is_there() -> None:
    sections = {"one_line": "A.", "method": "B."}
    assert show(read(write(PAPER | {"sections": sections})))["papers"][0]["text"] == "A. B."
    assert show(read(write(PAPER | {"text": "A. B."})))["papers"][0]["sections"] == {"one_line": "A."}


@pytest.mark.parametrize(
    ("given_id", "arxiv_id"),
    [("2501.00001v3", "2501.00001"), ("math.GT/0309136", "math.GT/0309136"), ("x", "2509.17567")],
)
def test_a_given_arxiv_id_counts_where_it_is_one(given_id: str, arxiv_id: str) -> None:
    assert read(write(PAPER | {"arxiv_id": given_id})).papers[0].arxiv_id == arxiv_id


def test_unknown_keys_and_old_problems_are_not_read() -> None:
    text = write(PAPER | {"stars": 7, "position": 99}, format="papers-for", problems=[{"line": 1}], more=None)
    digest = read(text)
    assert (digest.format, digest.problems, len(digest.papers)) == ("json", (), 1)


@pytest.mark.parametrize(
    ("paper", "message"),
    [
        (PAPER | {"title": 5}, "papers[1].title is a number, not text; left out"),
        (PAPER | {"title": " "}, "papers[1].title is missing; left out"),
        ({"title": "One"}, "papers[1].url is no usable link (http or https); left out"),
        (PAPER | {"url": "ftp://example.org/"}, "papers[1].url is no usable link (http or https); left out"),
        (PAPER | {"url": ["x"]}, "papers[1].url is a list, not text; left out"),
        ("One", "papers[1] is text, not an object; left out"),
        (None, "papers[1] is null, not an object; left out"),
        (PAPER | {"text": {"a": 1}}, "papers[1].text is an object, not text"),
        (PAPER | {"authors": "Ann"}, "papers[1].authors is text, not a list"),
        (PAPER | {"keywords": ["a", 1, 2]}, "papers[1].keywords[1] is a number, not text"),
        (PAPER | {"keywords": ["a", "b" * 201]}, "papers[1].keywords[1] is longer than 200 characters"),
        (PAPER | {"sections": ["a"]}, "papers[1].sections is a list, not an object"),
        (PAPER | {"sections": {"method": True}}, "papers[1].sections.method is true or false, not text"),
        (PAPER | {"arxiv_id": 2509.17567}, "papers[1].arxiv_id is a number, not text"),
        (PAPER | {"text": "x" * 100_001}, "papers[1].text is longer than 100,000 characters"),
        (PAPER | {"title": "x" * 1_001}, "papers[1].title is longer than 1,000 characters; left out"),
    ],
)
def test_a_fact_of_a_wrong_kind_is_named_with_its_paper_and_line(paper: Any, message: str) -> None:
    other = {"title": "Other", "url": "https://example.org/other"}
    text = json.dumps({"date": "2025-09-24", "papers": [other, paper]}, indent=1)
    digest = read(text)
    assert len(digest.papers) == 1 + ("left out" not in message)
    [problem] = digest.problems
    assert problem.message == message
    assert problem.line
    assert 7 <= problem.line <= text.count("\n")
    field = (
        message.split(" ", maxsplit=1)[0].removeprefix("papers[1]").strip(".").split("[")[0].split(".")[-1]
    )
    if field and isinstance(paper, dict) and f'"{field}"' in json.dumps(paper):
        assert f'"{field}"' in text.split("\n")[problem.line - 1]


@pytest.mark.parametrize(
    ("facts", "message"),
    [
        ({"date": 20250924}, "date is a number, not text such as 2025-09-24"),
        ({"date": "soon"}, "date is no date such as 2025-09-24"),
        ({"papers": {}}, "papers is an object, not a list"),
    ],
)
def test_a_digest_with_a_wrong_fact_is_read_as_far_as_it_goes(facts: dict[str, Any], message: str) -> None:
    digest = read(json.dumps({"date": "2025-09-24", "papers": []} | facts), source="2025-09-24.json")
    assert [(problem.message, problem.line) for problem in digest.problems] == [(message, 1)]


def test_an_array_of_papers_is_a_digest_without_date() -> None:
    text = json.dumps([PAPER, {"title": "Two", "url": "https://example.org/2"}])
    assert [paper.title for paper in read(text, source="2025-09-24.json").papers] == ["One", "Two"]
    with pytest.raises(DigestError, match="date"):
        read(text)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ('{"papers": [\n{"title": "One",\n"url" "x"}]}', 3),
        ('{"papers": [\n{"title": "One"}\n{"title": "Two"}]}', 3),
        ('{"papers": [{"title": "One"}],\n', 2),
        ('{"papers": []}\nmore', 2),
        ('{"date": "2025-09-24"\n"papers": []}', 2),
        ('{"papers": [\n{"title": "O\nne"}]}', 2),
        ("{'papers': []}", 1),
        ('{1: 2, "papers": []}', 1),
        ('{"papers": ' + "[" * 100_000, 1),
        ('{"papers": [' + '{"a":' * 100_000, 1),
        ('{"papers":\n[' + "[" * 100_000 + "]" * 100_000 + "]}", 2),
        ('[{"title":\n' + "[" * 100_000 + "]" * 100_000 + "}]", 1),
    ],
)
def test_broken_json_is_an_error_with_its_line_and_the_way_to_mend_it(text: str, line: int) -> None:
    with pytest.raises(DigestError, match=r"this JSON is broken: ") as caught:
        read(text, source="2025-09-24.json")
    assert caught.value.line == line
    assert caught.value.fix


def test_a_date_of_no_calendar_is_an_error_with_its_line() -> None:
    with pytest.raises(DigestError, match=r"line 2.*2025-13-40"):
        read('{"papers": [],\n"date": "2025-13-40"}')


@pytest.mark.parametrize("number", ["9" * 5_000, "-1e999999", "NaN", "Infinity", "-0", "1" + "0" * 100_000])
def test_numbers_of_any_length_say_nothing(number: str) -> None:
    digest = read(write(PAPER).replace('{"title"', f'{{"position": {number}, "title"'))
    assert (len(digest.papers), digest.problems) == (1, ())


def test_of_keys_that_stand_twice_the_last_counts() -> None:
    text = '{"date": "2025-09-23", "papers": [], "date": "2025-09-24", "papers": [PAPER]}'
    digest = read(
        text.replace("PAPER", json.dumps(PAPER)).replace('"title": "One"', '"title": 1, "title": "One"')
    )
    assert (digest.date.isoformat(), [paper.title for paper in digest.papers]) == ("2025-09-24", ["One"])


def test_control_characters_and_lone_surrogates_are_left_out() -> None:
    [paper] = read(write(PAPER).replace("One", r"O\u0000n\ud800e\ufffe")).papers
    assert paper.title == "One"


@pytest.mark.parametrize("text", ["{}", "[]", "[1, 2]", '{"name": "x", "version": 1}', "[" * 100_000, "null"])
def test_json_that_is_no_digest_is_not_claimed(text: str) -> None:
    with pytest.raises(DigestError, match="no known format"):
        read(text, source="2025-09-24.json")


def test_more_papers_than_any_digest_are_refused() -> None:
    with pytest.raises(DigestError, match="20,000 papers"):
        read(write(*[1] * 20_001))
