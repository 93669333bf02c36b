"""How a digest is shown: as JSON and on a terminal."""

from __future__ import annotations

import json
from datetime import date

from newsletter.digests import digest_as_json, digest_as_text
from newsletter.model import Digest, Problem, Sections
from tests.builders import make_paper

PAPER = make_paper(
    7,
    summary="得到**73.5%**的成绩。 先做。",
    sections=Sections("得到**73.5%**的成绩。", method="先`做`。"),
    keywords=("强化学习",),
)
DIGEST = Digest(date(2025, 9, 24), "papers-for", "x.md", (PAPER,), (Problem("odd", 12), Problem("whole")))


def test_the_json_has_exactly_the_shape_of_the_design() -> None:
    assert json.loads(json.dumps(digest_as_json(DIGEST))) == {
        "date": "2025-09-24",
        "format": "papers-for",
        "papers": [
            {
                "position": 0,
                "title": "Paper 7: Less & More",
                "url": "https://arxiv.org/abs/2509.00007",
                "arxiv_id": "2509.00007",
                "authors": [],
                "keywords": ["强化学习"],
                "sections": {"one_line": "得到73.5%的成绩。", "method": "先做。"},
                "text": "得到73.5%的成绩。 先做。",
            }
        ],
        "problems": [{"line": 12, "message": "odd"}, {"line": None, "message": "whole"}],
    }


def test_one_line_is_there_even_where_it_is_empty() -> None:
    paper = make_paper(summary="", one_line="")
    shown = digest_as_json(Digest(date(2025, 9, 24), "papers-for", "x.md", (paper,)))
    assert shown["papers"][0]["sections"] == {"one_line": ""}


def test_the_text_shows_papers_and_then_problems_with_their_lines() -> None:
    assert digest_as_text(DIGEST) == (
        "2025-09-24  papers-for  1 paper\n"
        "\n"
        "0. Paper 7: Less & More\n"
        "   https://arxiv.org/abs/2509.00007\n"
        "   强化学习\n"
        "   得到73.5%的成绩。\n"
        "\n"
        "Problems:\n"
        "   line 12: odd\n"
        "   whole"
    )


def test_an_empty_digest_is_one_line() -> None:
    assert (
        digest_as_text(Digest(date(2025, 9, 24), "papers-for", "x.md", ()))
        == "2025-09-24  papers-for  0 papers"
    )
