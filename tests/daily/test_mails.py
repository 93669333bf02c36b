"""What a reader gets: his own papers, the headers a bulk mail needs, and the same bytes every time."""

from __future__ import annotations

import re
from binascii import b2a_base64
from collections.abc import Sequence
from datetime import timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import feedparser
import premailer
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from newsletter.model import Preferences
from newsletter.store.saving import PREFERENCES, SubscriberRow
from newsletter.store.vocabulary import load_vocabulary
from tests.daily.conftest import DAY, Newsroom
from tests.running import write_paper

HEADERS = """From To Subject Date Message-ID List-Id List-Unsubscribe List-Unsubscribe-Post List-Archive
    List-Help Auto-Submitted Precedence Feedback-ID MIME-Version Content-Type"""
KEYWORDS = ["强化学习", "多模态模型", "扩散模型", "LLM", "合成自举预训练 (SBP)", "C++", "在线强化学习"]


def read(raw: bytes) -> EmailMessage:
    message = message_from_bytes(raw, policy=policy.default)
    assert isinstance(message, EmailMessage)
    return message


def bodies(raw: bytes) -> tuple[str, str]:
    text, html = (part.get_content() for part in read(raw).iter_parts())
    return text, html


def reader(email: str, **preferences: object) -> SubscriberRow:
    wishes = Preferences(**preferences)  # type: ignore[arg-type]
    return SubscriberRow(email, "李四, Dr.", wishes, PREFERENCES)


def test_each_header_stands_exactly_once_and_the_link_is_whole(newsroom: Newsroom) -> None:
    newsroom.write_digest([write_paper(0)])
    newsroom.subscribe(reader("li@readers.test"))
    newsroom.send()
    [raw] = newsroom.mails.values()
    head = raw.partition(b"\r\n\r\n")[0].decode("ascii")
    names = re.findall(r"^([A-Za-z-]+):", head, re.M)
    assert sorted(names) == sorted(HEADERS.split())
    link = re.search(r"^List-Unsubscribe: <(https://[^>\s]+)>\r?$", head, re.M)
    assert link, "one https URI, unfolded"
    assert "List-Unsubscribe-Post: List-Unsubscribe=One-Click" in head
    text, html = bodies(raw)
    assert link[1] in text
    assert link[1] in html
    message = read(raw)
    assert message["To"].addresses[0].addr_spec == "li@readers.test"
    assert str(message["Subject"]).startswith("每日论文 2025-09-24 · 1 篇 · 强化学习")


def test_every_line_is_short_seven_bit_and_ends_in_crlf(newsroom: Newsroom) -> None:
    newsroom.write_digest([write_paper(number) for number in range(12)])
    newsroom.subscribe(reader("li@readers.test"))
    newsroom.send()
    [raw] = newsroom.mails.values()
    assert raw.isascii()
    assert raw.count(b"\n") == raw.count(b"\r\n")
    lines = raw.split(b"\r\n")
    assert max(map(len, lines)) <= 998
    assert not any(line.startswith(b".") for line in lines)
    assert [part.get_content_type() for part in read(raw).iter_parts()] == ["text/plain", "text/html"]


def test_the_same_delivery_has_the_same_bytes_today_and_tomorrow(newsroom: Newsroom) -> None:
    newsroom.write_digest([write_paper(0), write_paper(1)])
    newsroom.subscribe(reader("li@readers.test", keywords=("强化学习",)))
    newsroom.send()
    before = newsroom.mails
    # As if the answer had been lost: the next day, after a correction, it is offered once more.
    with newsroom.open().store.write() as tx:
        tx.exec_driver_sql("UPDATE delivery SET state = 'offered'")
        tx.exec_driver_sql("UPDATE edition_batch SET state = 'open'")
    for path in (newsroom.folder / "outbox").glob("*.eml"):
        path.unlink()
    newsroom.now += timedelta(days=1)
    newsroom.write_digest([write_paper(0, title="Corrected"), write_paper(1)])
    newsroom.send()
    assert newsroom.mails == before


def test_interface_words_follow_the_reader(newsroom: Newsroom) -> None:
    newsroom.write_digest([write_paper(0)])
    newsroom.subscribe(reader("en@readers.test", language="en"), reader("zh@readers.test"))
    newsroom.send()
    assert "1 paper" in str(read(newsroom.mails["en@readers.test"])["Subject"])
    assert "Unsubscribe" in bodies(newsroom.mails["en@readers.test"])[0]
    assert "退订" in bodies(newsroom.mails["zh@readers.test"])[0]


def test_the_operators_intro_and_subject_are_used(newsroom: Newsroom) -> None:
    newsroom.variables = {
        "NEWSLETTER_MAIL__INTRO": "本周**休刊**预告",
        "NEWSLETTER_MAIL__SUBJECT": "{date}: {count}",
    }
    newsroom.write_digest([write_paper(0)])
    newsroom.subscribe(reader("li@readers.test"))
    newsroom.send()
    [raw] = newsroom.mails.values()
    text, html = bodies(raw)
    assert read(raw)["Subject"] == "2025-09-24: 1 篇"
    assert "本周<strong>休刊</strong>预告" in html
    assert "本周休刊预告" in text


def test_premailer_runs_once_whatever_the_number_of_readers(
    newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs = []
    transform = premailer.Premailer.transform

    def count(self: premailer.Premailer, *arguments: object, **options: object) -> object:
        runs.append(self)
        return transform(self, *arguments, **options)

    monkeypatch.setattr(premailer.Premailer, "transform", count)
    newsroom.write_digest([write_paper(number) for number in range(5)])
    keywords = [None, ("强化学习",), ("多模态模型",)]
    newsroom.subscribe(
        *(
            reader(f"r{number}@readers.test", keywords=keywords[number % 3], language=("", "en")[number % 2])
            for number in range(30)
        )
    )
    report = newsroom.send()
    assert report.counts.submitted == 30
    assert len(runs) == 3, "for the proof of the templates, and for the edition in two languages"


def test_no_match_is_skipped_and_counted_and_never_an_empty_mail(newsroom: Newsroom) -> None:
    newsroom.write_digest([write_paper(0)])
    newsroom.subscribe(reader("li@readers.test", keywords=("没有的",)), reader("ann@readers.test"))
    report = newsroom.send()
    assert set(newsroom.mails) == {"ann@readers.test"}
    assert (report.counts.submitted, report.counts.skipped) == (1, 1)


def test_a_keyword_chosen_before_any_paper_had_it_is_kept_and_matches_later(newsroom: Newsroom) -> None:
    newsroom.write_digest([write_paper(0)])
    newsroom.subscribe(reader("li@readers.test", keywords=("Brand-New Idea",)))
    assert newsroom.send().counts.skipped == 1
    newsroom.now += timedelta(days=1)
    tomorrow = DAY + timedelta(days=1)
    newsroom.write_digest([write_paper(1), write_paper(2, keywords="**brand-new ideas**, **丙**")], tomorrow)
    assert newsroom.send().counts.skipped == 1, "the plural of what is no topic is another keyword"
    newsroom.now += timedelta(days=1)
    newsroom.write_digest(
        [write_paper(3, keywords="**brand-new　idea**, **丙**")], tomorrow + timedelta(days=1)
    )
    newsroom.send()
    [text] = [bodies(raw)[0] for raw in newsroom.mails.values()]
    assert "https://arxiv.org/pdf/2509.00003" in text


def test_shared_parts_are_encoded_once(newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch) -> None:
    encoded = []

    def count(data: bytes, *, newline: bool) -> bytes:
        encoded.append(data)
        return b2a_base64(data, newline=newline)

    monkeypatch.setattr("newsletter.model.delivery.b2a_base64", count)
    newsroom.write_digest([write_paper(number) for number in range(5)])
    newsroom.subscribe(*(reader(f"r{number}@readers.test") for number in range(30)))
    assert newsroom.send().counts.submitted == 30
    heads, cards, feet = 3, 2 * 5, 2 * 30  # the HTML has the head of every choice and that of one
    assert len(encoded) == heads + cards + feet


_keywords = st.sets(st.sampled_from(KEYWORDS), min_size=1, max_size=3)


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    days=st.lists(st.dictionaries(st.integers(0, 9), _keywords, min_size=1), min_size=1, max_size=2),
    chosen=st.sets(
        st.sampled_from([*KEYWORDS, "SBP", "llm", "大语言模型", "多模态"]), min_size=1, max_size=3
    ),
    limit=st.none() | st.integers(1, 4),
)
def test_a_mail_holds_exactly_the_new_papers_of_the_feeds_of_its_keywords(
    tmp_path_factory: pytest.TempPathFactory,
    days: list[dict[int, set[str]]],
    chosen: set[str],
    limit: int | None,
) -> None:
    """With a limit, those that the same selection takes of them."""
    newsroom = Newsroom(tmp_path_factory.mktemp("newsroom"))
    choice = tuple(sorted(chosen))
    newsroom.subscribe(reader("li@readers.test", keywords=choice))
    newsroom.subscribe(reader("few@readers.test", keywords=choice, limit=limit))
    known: set[str] = set()
    papers: dict[int, set[str]] = {}
    for number, changed in enumerate(days):
        # A paper that comes again says of itself what it said before.
        papers = {**changed, **{each: words for each, words in papers.items() if each in changed}}
        newsroom.now += timedelta(days=bool(number))
        written = {
            each: ", ".join(f"**{word}**" for word in sorted(words)) for each, words in sorted(papers.items())
        }
        # One bold word alone would be prose, not a list: the label says that it is one.
        digest = [write_paper(each, keywords=f"**关键词**：{text}") for each, text in written.items()]
        newsroom.write_digest(digest, DAY + timedelta(days=number))
        for path in (newsroom.folder / "outbox").glob("*.eml"):
            path.unlink()
        newsroom.send()
        in_feeds = read_feeds_of(newsroom, choice)
        in_mail = {
            email: re.findall(r"https://arxiv\.org/\S+", bodies(raw)[0])
            for email, raw in newsroom.mails.items()
        }
        assert set(in_mail.get("li@readers.test", ())) == in_feeds - known
        assert in_mail.get("few@readers.test", []) == in_mail.get("li@readers.test", [])[:limit]
        known |= in_feeds
    for opened in newsroom.opened:
        opened.close()


def read_feeds_of(newsroom: Newsroom, keywords: Sequence[str]) -> set[str]:
    """The papers' addresses in the public feeds of these keywords."""
    publisher = newsroom.open()
    with publisher.store.read() as tx:
        vocabulary = load_vocabulary(tx, publisher.topics)
    paths = [
        newsroom.folder / "public" / "feeds" / "keywords" / f"{keyword.slug}.atom"
        for keyword in vocabulary.resolve_all(keywords)
    ]
    documents = [path.read_bytes() for path in paths if path.exists()]
    return {entry.link for document in documents for entry in feedparser.parse(document).entries}


def test_the_real_digest_fits_with_every_paper(newsroom: Newsroom, shared_folder: Path) -> None:
    source = shared_folder / "digests" / "seed" / f"{DAY}.md"
    newsroom.variables = {"NEWSLETTER_DIGEST__SOURCE": str(source)}
    newsroom.subscribe(reader("li@readers.test"))
    report = newsroom.send()
    assert report.counts.submitted == 1
    [raw] = newsroom.mails.values()
    text, html = bodies(raw)
    encoded_html = raw.rpartition(b"Content-Transfer-Encoding: base64\r\n\r\n")[2].rpartition(b"--=_")[0]
    assert len(encoded_html) < 102_400
    papers = re.findall(r"https://arxiv\.org/pdf/\d{4}\.\d{5}", source.read_text(encoding="utf-8"))
    assert len(papers) == 40
    for paper in papers:
        assert paper in text
        assert paper in html
    assert len(list((newsroom.folder / "public" / "keywords").iterdir())) > 170
