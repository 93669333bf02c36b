"""The links of papers: arXiv ids and addresses that can be used."""

from __future__ import annotations

import pytest

from newsletter.digests.links import find_arxiv_id, is_usable_url


@pytest.mark.parametrize(
    "url",
    [
        "https://arxiv.org/abs/2509.17567",
        "https://arxiv.org/pdf/2509.17567",
        "https://arxiv.org/pdf/2509.17567v2.pdf",
        "https://arxiv.org/html/2509.17567v10",
        "http://www.arxiv.org/abs/2509.17567/",
        "HTTPS://export.ArXiv.org/abs/2509.17567?context=cs#abs",
        "https://huggingface.co/papers/2509.17567",
    ],
)
def test_the_arxiv_id_has_no_version(url: str) -> None:
    assert find_arxiv_id(url) == "2509.17567"


@pytest.mark.parametrize("arxiv_id", ["cs/0112017", "hep-th/9901001", "math.GT/0309136", "0704.0001"])
def test_old_ids_are_known(arxiv_id: str) -> None:
    assert find_arxiv_id(f"https://arxiv.org/abs/{arxiv_id}v1") == arxiv_id


@pytest.mark.parametrize(
    "url",
    [
        "https://arxiv.org/list/cs.AI/new",
        "https://arxiv.org.evil.test/abs/2509.17567",
        "https://huggingface.co/models/2509.17567",
        "https://github.com/abs/2509.17567",
        "https://arxiv.org/abs/2509.175678",
    ],
)
def test_other_addresses_have_no_arxiv_id(url: str) -> None:
    assert find_arxiv_id(url) == ""


@pytest.mark.parametrize(
    "url",
    ["", "arxiv.org/abs/1", "//a.org/b", "mailto:a@b.c", "https://", "https://[::1", "https://a.org/b c"],
)
def test_only_whole_web_addresses_are_usable(url: str) -> None:
    assert not is_usable_url(url)
