"""The links of papers: arXiv ids and addresses that can be used."""

from __future__ import annotations

import pytest

from newsletter.digests.links import choose_link, find_arxiv_id, is_usable_url, read_arxiv_id


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


@pytest.mark.parametrize(
    ("urls", "chosen", "arxiv_id"),
    [
        ([], "", ""),
        (["", "nowhere", "ftp://example.org/"], "", ""),
        (["https://example.org/x"], "https://example.org/x", ""),
        (
            ["https://example.org/x", "https://hf.co/papers/2509.17567"],
            "https://hf.co/papers/2509.17567",
            "2509.17567",
        ),
        (
            ["https://huggingface.co/papers/2509.17567", "https://arxiv.org/abs/2509.17567v2"],
            "https://arxiv.org/abs/2509.17567v2",
            "2509.17567",
        ),
        (
            ["https://arxiv.org/abs/", "https://huggingface.co/papers/2509.17567"],
            "https://huggingface.co/papers/2509.17567",
            "2509.17567",
        ),
        (["https://example.org/x", "https://arxiv.org/list/cs"], "https://arxiv.org/list/cs", ""),
        (["https://example.org/" + "x" * 2_000, "https://example.org/y"], "https://example.org/y", ""),
    ],
)
def test_of_several_links_the_one_that_tells_most_is_chosen(
    urls: list[str], chosen: str, arxiv_id: str
) -> None:
    assert choose_link(urls) == (chosen, arxiv_id)


@pytest.mark.parametrize(
    ("written", "arxiv_id"),
    [
        ("2509.17567", "2509.17567"),
        (" 2509.17567v12 ", "2509.17567"),
        ("cs/0112017", "cs/0112017"),
        ("2509", ""),
    ],
)
def test_an_id_as_someone_wrote_it_loses_its_version(written: str, arxiv_id: str) -> None:
    assert read_arxiv_id(written) == arxiv_id
