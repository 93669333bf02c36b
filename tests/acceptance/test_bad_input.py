"""Bad input: one or two lines with the fix, the right exit code, and nothing that stood before is lost."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult

from tests.running import Finished, Postbox, Program, find_free_port, today, write_paper


@pytest.fixture
def published(program: Program) -> Program:
    """A program that has published and mailed yesterday's digest."""
    program.write_digest(today() - timedelta(days=1), [write_paper(number) for number in range(3)])
    program.subscribe("ann@readers.test")
    assert program.run("send").code == 0
    return program


def check(finished: Finished, code: int, *words: str) -> None:
    """The code, one to four lines of error, no traceback, and these words."""
    assert finished.code == code, finished.err + finished.out
    assert "Traceback" not in finished.err
    assert 1 <= len(finished.err.strip().splitlines()) <= 4, finished.err
    for word in words:
        assert word in finished.err, finished.err


def test_no_digest_at_all(program: Program) -> None:
    check(program.run("send"), 3, "error:", "fix:")
    check(program.run("build"), 3, "error:", "fix:")
    check(program.run("digest", "show", "none.md"), 3, "none.md")


def test_a_stale_digest_mails_nobody_and_leaves_the_feeds(published: Program) -> None:
    before = published.read_public()
    for path in (published.folder / "digests").iterdir():
        path.unlink()
    published.write_digest(today() - timedelta(days=9), [write_paper(7)])
    check(published.run("send"), 3, "9 days old", "--force")
    assert published.read_public() == before
    assert published.run("send", "--force").code == 0
    assert len(list((published.folder / "outbox").iterdir())) == 2


def test_an_empty_digest_mails_nobody_and_leaves_the_feeds(published: Program) -> None:
    before = published.read_public()
    published.write_digest(today(), [])
    check(published.run("send"), 3, "no papers", "fix:")
    assert published.read_public() == before


@pytest.mark.parametrize("content", [b"\xff\xfe\x00broken\x00", b"<html>404 not found</html>", b""])
def test_a_broken_digest_mails_nobody_and_leaves_the_feeds(published: Program, content: bytes) -> None:
    before = published.read_public()
    (published.folder / "digests" / f"{today()}.md").write_bytes(content)
    check(published.run("send"), 3, f"{today()}.md")
    check(published.run("build"), 3)
    assert published.read_public() == before
    assert len(list((published.folder / "outbox").iterdir())) == 1


def test_a_digest_with_too_few_papers_is_held_until_it_is_forced(published: Program) -> None:
    published.configure(digest__minimum_papers=5)
    published.write_digest(today(), [write_paper(number) for number in range(4)])
    check(published.run("send"), 3, "held", "--force")
    assert published.run("send", "--force").code == 0


def test_a_digest_of_the_future_is_held(published: Program) -> None:
    published.write_digest(today() + timedelta(days=30), [write_paper(8)])
    check(published.run("send"), 3, "held", "today is")


def test_an_unknown_key_and_a_wrong_value_are_named_at_once_with_their_lines(program: Program) -> None:
    path = program.folder / "newsletter.toml"
    path.write_text('[newsletter]\ntitel = "x"\n[web]\nport = 0\n', encoding="utf-8")
    check(
        program.run("send"),
        2,
        "newsletter.toml:2: unknown key newsletter.titel",
        "newsletter.toml:4: web.port",
    )


def test_a_configuration_that_is_named_and_missing(program: Program) -> None:
    check(program.run("-c", "other.toml", "status"), 2, "other.toml", "newsletter init")


def test_real_mail_with_an_example_address_is_refused_before_anything_is_done(program: Program) -> None:
    program.write_digest(today(), [write_paper(0)])
    program.configure(transport__kind="smtp")
    check(program.run("send"), 2, "base_url", "address", "fix:")
    check(program.run("send", "--to", "me@readers.test"), 2, "base_url")
    check(program.run("schedule"), 2, "base_url")
    assert not (program.folder / "public").exists()


def test_a_server_that_cannot_be_reached_leaves_everybody_pending(published: Program) -> None:
    published.write_digest(today(), [write_paper(9)])
    port = find_free_port()
    published.use_smtp(port)
    check(published.run("send"), 1, f"127.0.0.1:{port}: connection refused", "[transport.smtp]")
    postbox = Postbox()
    with postbox.open() as open_port:
        published.configure(transport__smtp__port=open_port)
        assert published.run("send").code == 0
    assert len(postbox.raw) == 1


def test_a_refused_password_stops_the_run_with_one_line(published: Program) -> None:
    published.write_digest(today(), [write_paper(9)])
    port = find_free_port()
    controller = Controller(
        Postbox(),
        hostname="127.0.0.1",
        port=port,
        auth_require_tls=False,
        authenticator=lambda *_: AuthResult(success=False, handled=False),
    )
    controller.start()
    try:
        published.use_smtp(port)
        published.configure(transport__smtp__username="me", transport__smtp__password="s3cret-word")
        refused = published.run("send")
    finally:
        controller.stop()
    check(refused, 2, "535", "username, password")
    assert "s3cret-word" not in refused.err + refused.out
    assert '"pending": 1' in published.run("status", "--json").out


@pytest.mark.parametrize(
    ("source", "line"), [("<p>\n{% if %}\n", 2), ("<p>\n\n{{ no_such_name }}\n", 3)], ids=["syntax", "name"]
)
def test_a_mistake_in_a_template_of_ones_own_names_file_and_line(
    published: Program, source: str, line: int
) -> None:
    before = published.read_public()
    published.write_digest(today(), [write_paper(9)])
    template = published.folder / "templates" / "pages" / "edition.html"
    template.parent.mkdir(parents=True)
    template.write_text(source, encoding="utf-8")
    check(published.run("send"), 2, f"{template}, line {line}")
    assert published.read_public() == before
    template.rename(template.parent.parent / "moved")
    mail = published.folder / "templates" / "email" / "edition.html"
    mail.parent.mkdir(parents=True)
    mail.write_text(source, encoding="utf-8")
    check(published.run("send"), 2, f"{mail}, line {line}")
    assert published.read_public() == before, "nothing is published that cannot be mailed"
    mail.unlink()
    assert published.run("send").code == 0


def test_an_unwritable_folder_is_the_disks_fault(published: Program) -> None:
    published.write_digest(today(), [write_paper(9)])
    blocked = published.folder / "a file"
    blocked.write_text("in the way")
    published.configure(site__out=str(blocked))
    check(published.run("build"), 4, "a file", "fix:")
    published.configure(store__url="sqlite:////none/such/newsletter.db")
    check(published.run("build"), 4, "/none/such", "fix:")


def test_an_outbox_on_a_full_disk_keeps_everybody_pending(published: Program) -> None:
    published.write_digest(today(), [write_paper(9)])
    outbox = published.folder / "outbox"
    [earlier] = outbox.iterdir()
    reader = earlier.name.split(".")[1]
    (outbox / f".{today()}.{reader}.part").symlink_to("/dev/full")
    check(published.run("send"), 4, f"cannot write mails into {outbox}", "No space left", "fix:")
    assert list(outbox.iterdir()) == [earlier]
    assert json.loads(published.run("status", "--json").out)["editions"][0]["pending"] == 1
    assert published.run("send").code == 0
    assert len(list(outbox.iterdir())) == 2


def test_an_outbox_that_cannot_be_written_to_is_the_disks_fault(published: Program) -> None:
    published.write_digest(today(), [write_paper(9)])
    blocked = published.folder / "in the way"
    blocked.write_text("a file")
    published.configure(transport__file__directory=str(blocked))
    check(published.run("send"), 4, "cannot write mails into", "in the way", "fix:")
    check(published.run("send", "--to", "me@readers.test"), 4, "in the way")


def test_a_store_that_is_none(program: Program) -> None:
    (program.folder / "newsletter.db").write_bytes(b"something else entirely, and long enough " * 100)
    check(program.run("status"), 4, "not a store", "fix:")


def test_a_bad_row_is_named_with_its_line_and_the_good_ones_stand(program: Program) -> None:
    (program.folder / "list.csv").write_text(
        "email,limit\na@b.test,\nnobody,\nc@d.test,many\n", encoding="utf-8"
    )
    imported = program.run("subscribers", "import", "list.csv")
    assert imported.out == "1 new, 0 known, 2 left out\n"
    check(imported, 2, "list.csv:3: ", "list.csv:4: limit 'many'")


def test_an_address_nobody_has(program: Program) -> None:
    check(program.run("subscribers", "show", "nobody@readers.test"), 2, "nobody@readers.test")
    check(program.run("subscribers", "remove", "nobody@readers.test"), 2, "nobody@readers.test")


def test_wrong_usage(program: Program) -> None:
    assert program.run("send", "--date", "tomorrow").code == 2
    assert program.run("no-such-command").code == 2
