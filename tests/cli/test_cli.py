"""Exit codes, output for people and for programs, and the small commands."""

from __future__ import annotations

import json
from pathlib import Path

import feedparser
import pytest

from newsletter import errors
from newsletter.cli import COMMANDS, cli, main
from newsletter.cli.exits import Exit, exit_code
from newsletter.keywords import make_slug
from newsletter.model import FeedFormat
from tests.running import Program, today, write_paper, yesterday


@pytest.fixture
def program(tmp_path: Path) -> Program:
    return Program(tmp_path)


def all_errors(kind: type[errors.NewsletterError]) -> list[type[errors.NewsletterError]]:
    return [kind, *(each for child in kind.__subclasses__() for each in all_errors(child))]


def make_error(kind: type[errors.NewsletterError]) -> errors.NewsletterError:
    if issubclass(kind, errors.ConfigError):
        return kind(["it is wrong"], fix="mend it")
    if issubclass(kind, errors.AddressRefused):
        return kind("it is wrong", code=550, fix="mend it")
    return kind("it is wrong", fix="mend it")


@pytest.mark.parametrize("kind", all_errors(errors.NewsletterError), ids=lambda kind: kind.__name__)
def test_every_error_ends_the_program_with_its_code_and_the_fix(
    kind: type[errors.NewsletterError],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def fail(**_: object) -> None:
        raise make_error(kind)

    monkeypatch.setattr(cli, "main", fail)
    with pytest.raises(SystemExit) as left:
        main([])
    expected = (
        Exit.STORE
        if issubclass(kind, errors.DiskFailed)
        else Exit.USAGE
        if issubclass(
            kind,
            errors.ConfigError
            | errors.RenderError
            | errors.TokenError
            | errors.TransportMisconfigured
            | errors.NotFound
            | errors.AlreadyExists,
        )
        else Exit.NO_DIGEST
        if issubclass(kind, errors.DigestError)
        else Exit.STORE
        if issubclass(kind, errors.StoreError)
        else Exit.NOT_ALL_SUBMITTED
    )
    assert left.value.code == expected
    assert capsys.readouterr().err == "error: it is wrong\n  fix: mend it\n"


def test_the_tree_of_errors_is_drawn_as_it_is() -> None:
    drawn = (errors.__doc__ or "").split("::")[1].split("Foreign")[0]
    for kind in all_errors(errors.NewsletterError):
        assert kind.__name__ in drawn
        assert exit_code(make_error(kind)) in Exit


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        main([name, "--help"])
    assert left.value.code == 0
    assert "Usage: newsletter" in capsys.readouterr().out


def test_digest_show_prints_one_document_and_nothing_else(program: Program) -> None:
    path = program.write_digest(today(), [write_paper(0)])
    shown = program.run("digest", "show", "--json")
    document = json.loads(shown.out)
    assert (shown.code, shown.err) == (0, "")
    assert document["papers"][0]["keywords"] == ["强化学习", "多模态模型"]
    assert json.loads(program.run("digest", "show", str(path), "--json").out) == document
    piped = program.run("digest", "show", "-", "--json", stdin=path.read_bytes())
    assert json.loads(piped.out)["papers"] == document["papers"]
    assert "Paper 0" in program.run("digest", "show").out


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("papers-for", "# Papers for 2025-09-24\n"),
        ("daily-ai-papers", "## Papers for 2025-09-24\n\n| Title | Authors | Summary |\n|---|---|---|\n"),
        ("daily-ai-papers", "## Papers for 2025-09-24\n\nNo papers today.\n"),
        ("hf-chinese", "# Hugging Face 2025-09-24 论文日报\n\n## 📝 论文详情\n"),
        ("json", '{"date": "2025-09-24", "papers": []}'),
    ],
)
def test_digest_show_of_an_empty_day_prints_it_and_exits_3_in_every_format(
    program: Program, name: str, text: str
) -> None:
    shown = program.run("digest", "show", "-", "--json", stdin=text.encode())
    assert json.loads(shown.out) == {"date": "2025-09-24", "format": name, "papers": [], "problems": []}
    assert shown.code == Exit.NO_DIGEST
    assert shown.err.splitlines() == [
        "error: standard input has no papers",
        "  fix: check the program that writes it, and the problems that are named",
    ]
    plain = program.run("digest", "show", "-", stdin=text.encode())
    assert (plain.code, plain.out.strip()) == (Exit.NO_DIGEST, f"2025-09-24  {name}  0 papers")


def test_digest_show_of_a_digest_without_papers_prints_it_and_exits_3(program: Program) -> None:
    program.write_digest(today(), [])
    shown = program.run("digest", "show", "--json")
    assert shown.code == 3
    assert json.loads(shown.out)["papers"] == []


def test_init_writes_a_configuration_that_loads_and_never_overwrites_one(program: Program) -> None:
    assert program.run("init").code == 0
    assert program.run("status").code == 0
    again = program.run("init")
    assert again.code == 2
    assert "stands here already" in again.err


def test_the_life_of_a_subscriber(program: Program) -> None:
    added = program.run("subscribers", "add", "ann@readers.test", "--keywords", "强化学习", "--limit", "5")
    assert added.code == 0
    assert program.run("subscribers", "add", "ANN@readers.test").code == 2
    changed = program.run("subscribers", "set", "ann@readers.test", "--language", "en")
    assert "强化学习, at most 5, en" in changed.out
    assert "language" in program.run("subscribers", "set", "ann@readers.test", "--language", "xx").err
    assert program.run("subscribers", "show", "ann@readers.test").out == changed.out
    assert program.run("subscribers", "remove", "ann@readers.test").code == 0
    assert ",unsubscribed" in program.run("subscribers", "export").out
    assert program.run("subscribers", "erase", "ann@readers.test", "--yes").code == 0
    assert "no subscribers yet" in program.run("subscribers", "list").err


def test_whoever_unsubscribed_comes_back_only_where_the_operator_says_so(program: Program) -> None:
    program.run("subscribers", "add", "ann@readers.test", "--keywords", "强化学习")
    program.run("subscribers", "remove", "ann@readers.test")
    refused = program.run("subscribers", "add", "ann@readers.test")
    assert refused.code == 2
    assert "set ann@readers.test --resubscribe" in refused.err
    assert "unsubscribed" in program.run("subscribers", "set", "ann@readers.test", "--limit", "3").out
    wrong = program.run("subscribers", "set", "ann@readers.test", "--resubscribe", "--language", "xx")
    assert wrong.code == 2
    assert "unsubscribed" in program.run("subscribers", "show", "ann@readers.test").out
    back = program.run("subscribers", "set", "ann@readers.test", "--resubscribe")
    assert "confirmed    daily, 强化学习, at most 3" in back.out
    assert program.run("subscribers", "set", "nobody@readers.test", "--resubscribe").code == 2
    program.write_digest(today(), [write_paper(0)])
    assert "1 submitted" in program.run("send").out


def test_a_weekly_reader_gets_the_week_once_it_is_over(program: Program) -> None:
    program.configure(schedule__week_closes=f"{yesterday():%A}".lower())
    (program.folder / "list.csv").write_text(
        "email,frequency\na@readers.test,weekly\nb@readers.test,daily\n", encoding="utf-8"
    )
    assert program.run("subscribers", "import", "list.csv").err == ""
    program.write_digest(yesterday(), [write_paper(0), write_paper(1)])
    program.write_digest(today(), [write_paper(2)])
    year, week, _ = yesterday().isocalendar()
    name = f"{year}-W{week:02}"
    looked = program.run("preview", "--weekly", "--date", yesterday().isoformat())
    assert f"preview/{name}.html" in looked.out, looked.err
    rehearsed = program.run("send", "--dry-run")
    assert f"edition {name}: 1 would be mailed by file, 0 skipped" in rehearsed.out
    assert json.loads(program.run("send", "--dry-run", "--json").out)["weekly"]["pending"] == 1
    sent = program.run("send")
    assert sent.code == 0, sent.err
    assert f"edition {name}: 1 planned, 1 submitted (file)" in sent.out
    [mail] = [path for path in (program.folder / "outbox").iterdir() if path.name.startswith(name)]
    assert b"a@readers.test" in mail.read_bytes()
    again = json.loads(program.run("send", "--json").out)
    assert (again["edition"], again["weekly"]["edition"]) == (today().isoformat(), name)
    assert (again["weekly"]["kind"], again["weekly"]["submitted"]) == ("weekly", 1)
    listed = json.loads(program.run("status", "--json").out)["editions"]
    assert (name, "weekly", 2) in [(each["edition"], each["kind"], each["papers"]) for each in listed]
    assert name in program.run("why", "a@readers.test").out
    assert name not in program.run("why", "b@readers.test").out
    assert f"edition {name} is paused" in program.run("pause", name).out
    assert f"edition {name} may go on" in program.run("resume", name).out
    assert f"edition {name} is cancelled" in program.run("cancel", name).out


def test_the_week_goes_out_although_the_digest_of_the_day_is_missing(program: Program) -> None:
    program.configure(schedule__week_closes=f"{yesterday():%A}".lower())
    program.run("subscribers", "add", "a@readers.test", "--frequency", "weekly")
    program.write_digest(yesterday(), [write_paper(0)])
    assert program.run("build").code == 0
    (program.folder / "digests" / f"{yesterday()}.md").write_text("nothing here", encoding="utf-8")
    rehearsed = program.run("send", "--dry-run")
    assert (rehearsed.code, "1 would be mailed" in rehearsed.out) == (3, True)
    sent = program.run("send", "--json")
    assert sent.code == 3
    assert "error:" in sent.err
    report = json.loads(sent.out)
    assert (report["edition"], report["planned"], report["weekly"]["submitted"]) == (None, 0, 1)
    again = program.run("send")
    assert (again.code, len(list((program.folder / "outbox").iterdir()))) == (3, 1)


def test_status_tells_editions_deliveries_and_subscribers(program: Program) -> None:
    assert "no edition yet" in program.run("status").out
    program.write_digest(today(), [write_paper(0)])
    program.run("subscribers", "add", "ann@readers.test")
    program.run("build")
    assert "not mailed" in program.run("status").out
    program.run("send")
    [edition] = json.loads(program.run("status", "--json").out)["editions"]
    assert (edition["edition"], edition["planned"], edition["submitted"]) == (today().isoformat(), 1, 1)


def test_a_backup_is_restored_and_what_stood_there_is_kept(program: Program) -> None:
    program.run("subscribers", "add", "ann@readers.test")
    assert program.run("store", "backup", "copy.db").code == 0
    program.run("subscribers", "erase", "ann@readers.test", "--yes")
    assert program.run("store", "restore", "copy.db", "--yes").code == 0
    assert "ann@readers.test" in program.run("subscribers", "list").out
    assert len(list(program.folder.glob("newsletter.db.replaced-*"))) == 1
    (program.folder / "other.db").write_text("not a store")
    assert program.run("store", "restore", "other.db", "--yes").code == 4
    assert "up to date" in program.run("store", "migrate").out


def test_preview_writes_three_files_and_the_sizes(program: Program) -> None:
    program.write_digest(today(), [write_paper(0)])
    shown = program.run("preview", "--keywords", "强化学习", "--language", "en", "--out", "look")
    assert shown.code == 0, shown.err
    assert sorted(path.suffix for path in (program.folder / "look").iterdir()) == [".eml", ".html", ".txt"]
    assert "of 102,400 bytes as base64" in shown.out
    assert shown.out.endswith("no findings\n")
    assert "no new paper" in program.run("preview", "--keywords", "none such").out


def test_preview_tells_what_is_wrong_with_a_template_of_ones_own(program: Program) -> None:
    program.write_digest(today(), [write_paper(0)])
    card = program.folder / "templates" / "email" / "card.html"
    card.parent.mkdir(parents=True)
    card.write_text(
        '<tr><td id="p{{ paper.number }}" style="display:flex;border-radius:4px">'
        '<img src="https://elsewhere.test/a.png" width="8">{{ paper.title }}</td></tr>'
    )
    shown = program.run("preview")
    assert shown.code == 0, shown.err
    for told in (
        "css-flex: display:flex\n  at   HTML line ",
        "css-border-radius (note): border-radius:4px",
        "see  https://www.caniemail.com/features/css-display-flex/",
        "remote: loads https://elsewhere.test/a.png",
        "alt: a picture without alt",
        "\n4 findings\n",
    ):
        assert told in shown.out, told


def test_a_key_for_signing_is_made_once_and_its_record_printed(program: Program) -> None:
    assert "still an example" in program.run("dkim", "new", "--out", "example.pem").err
    program.configure(sender__address="digest@papers.test")
    made = program.run("dkim", "new", "--selector", "s1")
    assert (made.code, made.err) == (0, "")
    assert "name   s1._domainkey.papers.test\nvalue  v=DKIM1; k=rsa; p=MII" in made.out
    assert 's1._domainkey.papers.test. IN TXT ( "v=DKIM1; ' in made.out
    assert "PRIVATE" not in made.out
    assert (program.folder / "dkim.pem").stat().st_mode & 0o777 == 0o600
    assert program.run("dkim", "show").code == 2
    (program.folder / "newsletter.toml").write_text(made.out[made.out.index("[dkim]") :], encoding="utf-8")
    shown = program.run("dkim", "show")
    assert shown.code == 0, shown.err
    assert shown.out in made.out
    again = program.run("dkim", "new", "--selector", "s2")
    assert (again.code, again.out) == (2, "")
    assert "left alone" in again.err
    assert program.run("dkim", "new", "--selector", "s2", "--out", "second.pem").code == 0
    assert program.run("dkim", "new", "--selector", "s_2", "--out", "third.pem").code == 2
    assert program.run("dkim", "new", "--out", "none/such.pem").code == 4
    (program.folder / "dkim.pem").unlink()
    program.write_digest(today(), [write_paper(0)])
    stopped = program.run("send")
    assert (stopped.code, stopped.out) == (2, "")
    assert stopped.err.startswith("error: dkim.key_file ")
    assert program.run("status").code == 0, "who sends nothing needs no key"


def test_build_writes_only_what_changed_and_rebuilds_from_the_store(program: Program) -> None:
    path = program.write_digest(today(), [write_paper(0)])
    assert program.run("build").code == 0
    assert "0 files written" in program.run("build").out
    path.unlink()
    assert program.run("build", "--all", "--out", "copy").code == 0
    assert (program.folder / "copy" / "index.html").read_bytes() == program.read_public()["index.html"]
    assert program.run("build", "--all", "--date", "2025-09-24").code == 2


def test_any_choice_of_keywords_is_built_as_one_feed(program: Program) -> None:
    program.write_digest(today(), [write_paper(0), write_paper(1)])
    built = program.run("build", "--keywords", "not written yet, 强化学习", "--out", "static")
    assert built.code == 0, built.err
    assert "not written yet" in built.err
    folder = program.folder / "static" / "feeds"
    name = f"not-written-yet,{make_slug('强化学习')}"
    endings = [f"{name}.{each}" for each in FeedFormat]
    assert sorted(path.name for path in (folder / "combine").iterdir()) == sorted(endings)
    feed = feedparser.parse((folder / "combine" / f"{name}.atom").read_bytes())
    assert not feed.bozo
    assert len(feed.entries) == 2
    (own,) = (link.href for link in feed.feed.links if link.rel == "self")
    assert own.endswith(f"/feeds/combine/{name}.atom")
    assert (folder / "style.css").exists()
    assert not (program.folder / "public").exists()
    assert program.run("build", "--keywords", ",").code == 2
    assert program.run("build", "--keywords", ",".join(f"k{n}" for n in range(51))).code == 2


def test_the_demo_leaves_a_newsletter_of_ones_own_alone(program: Program) -> None:
    program.run("subscribers", "add", "ann@readers.test")
    refused = program.run("demo", "--out", ".")
    assert refused.code == 4
    assert "not of a demo" in refused.err
    assert "ann@readers.test" in program.run("subscribers", "list").out
    assert program.run("demo").code == 0
    assert program.run("demo").code == 0


@pytest.mark.parametrize(
    ("arguments", "fix"),
    [
        (["subscribers", "add", "not-an-address"], "write it like ann@papers.example.org"),
        (["subscribers", "add", "a@readers.test", "--language", "xx"], "newsletter subscribers set --help"),
    ],
)
def test_a_wish_that_cannot_be_is_told_with_its_fix(program: Program, arguments: list[str], fix: str) -> None:
    refused = program.run(*arguments)
    problem, told = refused.err.splitlines()
    assert (refused.code, problem[:7], told[:7]) == (2, "error: ", "  fix: ")
    assert told.removeprefix("  fix: ").startswith(fix)


@pytest.mark.parametrize("text", ["[transport]\nkind = 'pigeon'\n", "kind = pigeon\n", b"title = '\xff'\n"])
def test_a_configuration_that_cannot_be_used_is_told_with_its_fix(
    program: Program, text: str | bytes
) -> None:
    file = program.folder / "newsletter.toml"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    refused = program.run("status")
    problem, told = refused.err.splitlines()
    assert (refused.code, problem[:7], told[:7]) == (2, "error: ", "  fix: ")


def test_what_cannot_be_written_is_one_line_and_exit_4(program: Program) -> None:
    program.run("subscribers", "add", "ann@readers.test")
    refused = program.run("subscribers", "export", "--out", "/none/such/list.csv")
    assert refused.code == 4
    assert "Traceback" not in refused.err
    assert "/none/such/list.csv" in refused.err


def test_an_internationalised_host_stands_in_ascii_wherever_a_mail_links(program: Program) -> None:
    program.configure(newsletter__base_url="https://论文.测试/daily")
    program.write_digest(today(), [write_paper(0)])
    program.subscribe("ann@readers.test")
    assert program.run("send").code == 0
    [mail] = (program.folder / "outbox").iterdir()
    head = mail.read_bytes().partition(b"\r\n\r\n")[0].decode("ascii")
    assert "List-Unsubscribe: <https://xn--7dv436f.xn--0zwm56d/daily/unsubscribe/" in head
    assert "%" not in head.partition("List-Archive: ")[2].splitlines()[0]


def test_a_language_without_words_is_told_before_anything_is_done(program: Program) -> None:
    program.configure(newsletter__language="fr")
    refused = program.run("subscribers", "list")
    assert (refused.code, len(refused.err.splitlines())) == (2, 2)
    assert "known: en, zh-CN" in refused.err
    assert "fix:" in refused.err
    assert not (program.folder / "newsletter.db").exists()


def test_a_list_as_spreadsheets_write_it_is_taken_in_and_its_bad_rows_are_named(program: Program) -> None:
    path = program.folder / "list.csv"
    path.write_bytes(b'email;name\na@readers.test;"An\nb@readers.test;Ren\xe9\nc@readers.test;Cy\n')
    imported = program.run("subscribers", "import", "list.csv")
    assert (imported.code, imported.out) == (2, "1 new, 0 known, 2 left out\n")
    assert "list.csv:2: a quote is opened" in imported.err
    assert "list.csv:3: name is not UTF-8" in imported.err
    path.write_text("email,name,email\na@readers.test,x,y\n", encoding="utf-8")
    refused = program.run("subscribers", "import", "list.csv")
    assert refused.code == 2
    assert refused.err.startswith("error: line 1: the column email stands there twice")
