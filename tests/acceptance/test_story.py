"""The whole story, against a real SMTP server and over real HTTP."""

from __future__ import annotations

import json
import re
from email import message_from_bytes, policy
from pathlib import Path

import feedparser
import httpx

from tests.running import Postbox, Program, today, write_paper, yesterday

READERS = (
    "email,name,keywords\n"
    "ann@readers.test,Ann,\n"
    "li@readers.test,李四,强化学习\n"
    "ben@readers.test,Ben,多模态模型;no such keyword\n"
)


def unsubscribe_link(header: str) -> str:
    return header.strip("<>").replace("https://papers.test", "")


def read_feed(folder: Path, name: str) -> feedparser.FeedParserDict:
    feed = feedparser.parse((folder / "public" / "feeds" / name).read_bytes())
    assert not feed.bozo, feed.get("bozo_exception")
    return feed


def test_the_whole_story(program: Program) -> None:
    postbox = Postbox()
    papers = [write_paper(number) for number in range(5)]
    program.write_digest(yesterday(), papers)
    (program.folder / "readers.csv").write_text(READERS, encoding="utf-8")

    with postbox.open() as port:
        program.use_smtp(port)

        imported = program.run("subscribers", "import", "readers.csv")
        assert (imported.code, imported.out) == (0, "3 new, 0 known, 0 left out\n")

        # Three messages with the right To, links and Message-ID.
        sent = program.run("send", "--json")
        assert sent.code == 0, sent.err
        report = json.loads(sent.out)
        assert report["planned"] == report["submitted"] == 3
        mails = postbox.by_recipient()
        assert set(mails) == {"ann@readers.test", "li@readers.test", "ben@readers.test"}
        assert len({mail["Message-ID"] for mail in mails.values()}) == 3
        for mail in mails.values():
            assert mail["Message-ID"].endswith("@papers.test>")
            link = mail["List-Unsubscribe"].strip("<>")
            assert link.startswith("https://papers.test/unsubscribe/")
            text, html = (part.get_content() for part in mail.iter_parts())
            assert link in text
            assert link in html
            assert "https://arxiv.org/pdf/2509.00004" in text

        # Feeds on disk that a reader takes without complaint.
        entries = read_feed(program.folder, "all.atom").entries
        assert [entry.title for entry in entries] == [f"Paper {number}" for number in range(5)]
        assert {entry.id for entry in entries} == {
            entry.id for entry in read_feed(program.folder, "all.rss").entries
        }
        keyword_feeds = sorted((program.folder / "public/feeds/keywords").glob("*.atom"))
        assert len(keyword_feeds) == 2

        # Again: nothing.
        before = program.read_public()
        again = program.run("send")
        assert again.code == 0
        assert "nothing left to do" in again.out
        assert len(postbox.raw) == 3
        assert program.read_public() == before

        # One-click unsubscribe over real HTTP; a GET alone changes nothing.
        path = unsubscribe_link(mails["ben@readers.test"]["List-Unsubscribe"])
        with program.serving() as address:
            assert httpx.get(address + path).status_code == 200
            assert "ben@readers.test" in program.run("subscribers", "list", "--status", "confirmed").out
            answer = httpx.post(address + path, data={"List-Unsubscribe": "One-Click"})
            assert answer.status_code == 200
            assert httpx.get(f"{address}/healthz").status_code == 200
            assert httpx.get(f"{address}/feeds/all.atom").content == before["feeds/all.atom"]
        assert "ben@readers.test" not in program.run("subscribers", "list", "--status", "confirmed").out

        # The digest corrected: feeds change, nobody is mailed.
        papers[4] = write_paper(4, title="Paper 4, corrected")
        program.write_digest(yesterday(), papers)
        corrected = program.run("send")
        assert corrected.code == 0
        assert len(postbox.raw) == 3
        titles = {entry.id: entry.title for entry in read_feed(program.folder, "all.atom").entries}
        assert "Paper 4, corrected" in titles.values()
        assert set(titles) == {entry.id for entry in entries}

        # The next digest: two messages.
        program.write_digest(today(), [write_paper(number) for number in range(10, 13)])
        program.run("send")
        assert len(postbox.raw) == 5
        newest = {mail["To"].addresses[0].addr_spec for mail in postbox.mails[3:]}
        assert newest == {"ann@readers.test", "li@readers.test"}
        assert len(read_feed(program.folder, "all.atom").entries) == 8


def test_a_refused_address_fails_alone_and_is_named(program: Program) -> None:
    postbox = Postbox(refused={"li@readers.test": "550 5.1.1 no such user"})
    program.write_digest(today(), [write_paper(0)])
    (program.folder / "readers.csv").write_text(READERS, encoding="utf-8")
    with postbox.open() as port:
        program.use_smtp(port)
        program.run("subscribers", "import", "readers.csv")
        sent = program.run("send")
        assert sent.code == 1
        assert len(postbox.raw) == 2
        assert re.search(r"li@readers\.test: failed: .*550", sent.err)
        assert "li@readers.test does not exist: it is suppressed" in sent.err
        assert program.run("send").code == 0
        assert len(postbox.raw) == 2
        assert "suppressed: bounce" in program.run("why", "li@readers.test").out
        lifted = program.run("subscribers", "set", "li@readers.test", "--lift-suppression")
        assert lifted.code == 0, lifted.err
        assert "suppressed" not in program.run("why", "li@readers.test").out


def test_where_the_server_refuses_many_nobody_is_suppressed(program: Program) -> None:
    addresses = [f"reader{number}@readers.test" for number in range(30)]
    postbox = Postbox(refused=dict.fromkeys(addresses[:20], "550 5.1.1 no such user"))
    program.write_digest(today(), [write_paper(0)])
    with postbox.open() as port:
        program.use_smtp(port)
        program.subscribe(*addresses)
        sent = program.run("send")
    assert sent.code == 1
    assert "readers.test refused so many addresses that it must be us" in sent.err
    assert "suppressed:" not in program.run("why", addresses[0]).out


def test_an_edition_that_went_to_files_is_open_again_for_smtp(program: Program) -> None:
    program.write_digest(today(), [write_paper(0)])
    (program.folder / "readers.csv").write_text(READERS, encoding="utf-8")
    program.run("subscribers", "import", "readers.csv")
    assert program.run("send").code == 0
    assert len(list((program.folder / "outbox").glob("*.eml"))) == 3
    postbox = Postbox()
    with postbox.open() as port:
        program.use_smtp(port)
        assert program.run("send").code == 0
        assert program.run("send").code == 0
    assert len(postbox.raw) == 3


def test_a_test_copy_goes_outside_the_ledger(program: Program) -> None:
    program.write_digest(today(), [write_paper(0)])
    copied = program.run("send", "--to", "me@readers.test")
    assert copied.code == 0, copied.err
    [mail] = (program.folder / "outbox").glob("*.eml")
    parsed = message_from_bytes(mail.read_bytes(), policy=policy.default)
    assert str(parsed["Subject"]).startswith("[test] ")
    assert program.run("send", "--dry-run", "--to", "me@readers.test").code == 2
    assert "test" in mail.name
    assert program.run("status", "--json").out.count('"edition"') == 0
    assert not (program.folder / "public").exists()


def test_a_dry_run_says_who_would_get_what_and_does_nothing(program: Program) -> None:
    program.write_digest(today(), [write_paper(0, keywords="**扩散模型**")])
    (program.folder / "readers.csv").write_text(READERS, encoding="utf-8")
    program.run("subscribers", "import", "readers.csv")
    said = program.run("send", "--dry-run")
    assert said.code == 0, said.err
    assert "1 would be mailed by file, 2 skipped" in said.out
    assert re.search(r"li@readers\.test +skipped: no new paper matches", said.out)
    facts = json.loads(program.run("send", "--dry-run", "--json").out)
    assert (facts["planned"], facts["pending"], facts["skipped"]) == (3, 1, 2)
    assert not (program.folder / "outbox").exists()
    assert not (program.folder / "public").exists()
