"""Papers as they are stored: a later version of the program must not change a byte."""

from __future__ import annotations

from dataclasses import replace

from newsletter.model import Paper, Sections
from newsletter.store.documents import hash_document, read_paper, write_paper

PAPER = Paper(
    title='一 & "二"',
    url="https://arxiv.org/abs/2509.17567",
    summary="甲**乙**。",
    sections=Sections("甲。", method="丙"),
    arxiv_id="2509.17567",
    authors=("Ann",),
    keywords=("强化学习", "RL"),
)
STORED = (
    '{"arxiv_id": "2509.17567", "authors": ["Ann"], "keywords": ["强化学习", "RL"], '
    '"sections": {"implications": "", "method": "丙", "one_line": "甲。", "problem": "", '
    '"results": ""}, "summary": "甲**乙**。", "title": "一 & \\"二\\"", "url": '
    '"https://arxiv.org/abs/2509.17567"}'
)


def test_a_paper_is_stored_as_it_always_was() -> None:
    assert write_paper(PAPER) == STORED
    assert (
        hash_document(write_paper(PAPER))
        == "0ff8542872aec2ffb68a6958e2c47305946cb6fa5f6b31d8249978f05a65b1ad"
    )
    assert read_paper(STORED) == PAPER


def test_an_original_title_is_stored_where_there_is_one() -> None:
    paper = replace(PAPER, original_title="One & Two")
    assert '"original_title": "One & Two"' in write_paper(paper)
    assert read_paper(write_paper(paper)) == paper
