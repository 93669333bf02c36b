"""newsletter.toml, variables and secrets: every problem at once, each with its place."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from newsletter.config import check_public_addresses, load_config
from newsletter.config.example import write_example
from newsletter.config.sections import Config, all_tables
from newsletter.config.transports import PROVIDERS
from newsletter.errors import ConfigError


def load(folder: Path, text: str, **environment: str) -> Config:
    path = folder / "newsletter.toml"
    path.write_text(text, encoding="utf-8")
    return load_config(path, environment, Path("/elsewhere"))


def problems_of(folder: Path, text: str, **environment: str) -> tuple[str, ...]:
    with pytest.raises(ConfigError) as caught:
        load(folder, text, **environment)
    return caught.value.problems


def test_without_a_file_the_defaults_hold(tmp_path: Path) -> None:
    config = load_config(None, {}, tmp_path)
    assert config.newsletter.title == "每日论文"
    assert config.transport.kind == "file"
    assert config.store.url == f"sqlite:///{tmp_path / 'newsletter.db'}"


def test_relative_paths_are_relative_to_the_file(tmp_path: Path) -> None:
    config = load(
        tmp_path, '[site]\nout = "www"\n[digest]\nsource = "in/"\n[store]\nurl = "sqlite:////var/n.db"\n'
    )
    assert config.site.out == tmp_path / "www"
    assert config.digest.source == (f"{tmp_path / 'in'}/",)
    assert config.store.url == "sqlite:////var/n.db"


def test_every_problem_is_named_at_once_with_its_line_or_variable(tmp_path: Path) -> None:
    problems = problems_of(
        tmp_path,
        '[newsletter]\ntitel = "x"\ntimezone = "Mars/Phobos"\n\n'
        '[transport.smtp]\nport = "many"\n[delivery]\non_unknown = "maybe"\n',
        NEWSLETTER_WEB__PORT="0",
        NEWSLETTER_COLOUR="red",
    )
    path = tmp_path / "newsletter.toml"
    assert f"{path}:2: unknown key newsletter.titel; did you mean newsletter.title?" in problems
    assert f"{path}:3: newsletter.timezone 'Mars/Phobos' is not an IANA time zone" in problems
    assert f"{path}:6: transport.smtp.port must be a whole number" in problems
    assert f"{path}:8: delivery.on_unknown must be one of auto, resend, hold, not 'maybe'" in problems
    assert "NEWSLETTER_WEB__PORT: web.port must be at least 1" in problems
    assert any(problem.startswith("NEWSLETTER_COLOUR: unknown variable") for problem in problems)
    assert len(problems) == 6


def test_a_variable_goes_before_the_file_and_a_secret_may_be_read_from_one(tmp_path: Path) -> None:
    secret = tmp_path / "password"
    secret.write_text("hunter2\n")
    config = load(
        tmp_path,
        '[transport.smtp]\nhost = "a"\n',
        NEWSLETTER_TRANSPORT__SMTP__HOST="b",
        NEWSLETTER_TRANSPORT__SMTP__PASSWORD_FILE=str(secret),
    )
    assert (config.transport.smtp.host, config.transport.smtp.password) == ("b", "hunter2")


def test_a_secret_file_that_is_missing_is_a_problem_of_its_variable(tmp_path: Path) -> None:
    [problem] = problems_of(tmp_path, "", NEWSLETTER_TRANSPORT__SMTP__PASSWORD_FILE="/none/such")
    assert problem.startswith("NEWSLETTER_TRANSPORT__SMTP__PASSWORD_FILE: cannot read /none/such")


def test_no_secret_is_ever_shown(tmp_path: Path) -> None:
    secrets = {"newsletter": "secret_key", "transport.smtp": "password", "dkim": 'selector = "a"\nkey'}
    config = load(tmp_path, "".join(f'[{table}]\n{key} = "s3cret"\n' for table, key in secrets.items()))
    assert config.dkim.key == "s3cret"
    assert "s3cret" not in repr(config)


@pytest.mark.parametrize("written", ['"in/"', '["in/"]', '["in/", "https://me:s3cret@a.test/{date}"]'])
def test_one_source_or_several_may_be_given(tmp_path: Path, written: str) -> None:
    config = load(tmp_path, f"[digest]\nsource = {written}\n")
    assert config.digest.source[0] == f"{tmp_path / 'in'}/"
    assert config.digest.source[1:] in ((), ("https://me:s3cret@a.test/{date}",))
    assert "s3cret" not in repr(config)


@pytest.mark.parametrize(
    ("value", "sources"),
    [
        ("/in/my digests/", ["/in/my digests/"]),
        ("-", ["-"]),
        ('["/a/", "https://a.test/x"]', ["/a/", "https://a.test/x"]),
    ],
)
def test_a_variable_gives_one_source_as_a_text_and_several_as_json(
    tmp_path: Path, value: str, sources: list[str]
) -> None:
    assert list(load(tmp_path, "", NEWSLETTER_DIGEST__SOURCE=value).digest.source) == sources
    secret = tmp_path / "source"
    secret.write_text(value + "\n")
    assert list(load(tmp_path, "", NEWSLETTER_DIGEST__SOURCE_FILE=str(secret)).digest.source) == sources


@pytest.mark.parametrize("value", ['["/a/"', '["/a/", 3]', "[3]"])
def test_a_variable_that_begins_like_a_list_must_be_one(tmp_path: Path, value: str) -> None:
    [problem] = problems_of(tmp_path, "", NEWSLETTER_DIGEST__SOURCE=value)
    assert problem.startswith("NEWSLETTER_DIGEST__SOURCE: digest.source must be")


@pytest.mark.parametrize(("value", "meaning"), [("true", True), (" False ", False)])
def test_a_switch_may_be_set_by_a_variable(tmp_path: Path, value: str, *, meaning: bool) -> None:
    config = load(tmp_path, "", NEWSLETTER_DIGEST__PRIVATE_ADDRESSES=value)
    assert config.digest.private_addresses is meaning


def test_plain_http_may_be_configured_where_the_network_is_ones_own(tmp_path: Path) -> None:
    text = '[digest]\nsource = "http://192.168.1.1/x.md"\nprivate_addresses = true\n'
    assert load(tmp_path, text).digest.source == ("http://192.168.1.1/x.md",)


@pytest.mark.parametrize(
    ("domain", "signs"),
    [
        ("", "news.xn--fsqu00a.test"),
        ("例子.test", "xn--fsqu00a.test"),
        ("A.News.例子.test", "a.news.xn--fsqu00a.test"),
    ],
)
def test_mails_are_signed_by_the_domain_of_the_sender_or_one_above_or_below_it(
    tmp_path: Path, domain: str, signs: str
) -> None:
    text = f'[sender]\naddress = "a@News.例子.test"\n[dkim]\nselector = "s.1-a"\ndomain = "{domain}"\n'
    config = load(tmp_path, text, NEWSLETTER_DKIM__KEY_FILE="keys/a.pem")
    assert (config.dkim.domain, config.dkim.key_file) == (signs, tmp_path / "keys" / "a.pem")


def test_a_syntax_error_names_the_line(tmp_path: Path) -> None:
    [problem] = problems_of(tmp_path, "[newsletter\n")
    assert "line 1" in problem


def test_real_mail_is_refused_while_addresses_are_examples(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        check_public_addresses(load(tmp_path, ""))
    assert len(caught.value.problems) == 2
    real = '[newsletter]\nbase_url = "https://papers.test/x"\n[sender]\naddress = "a@papers.test"\n'
    config = load(tmp_path, real)
    check_public_addresses(config)
    assert config.newsletter.base_url == "https://papers.test/x/"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('[newsletter]\nbase_url = "http://papers.test/"', "must be https"),
        ('[newsletter]\nbase_url = "papers.test"', "must be an absolute"),
        ('[sender]\naddress = "nobody"', "must be a mail address"),
        ('[sender]\naddress = "名@papers.test"', "ASCII before the @"),
        ('[mail]\nsubject = "{colour}"', "knows only {count}, {date}, {keywords}, {title}"),
        ('[mail]\nsubject = "{"', "cannot be read"),
        ('[digest]\nsource = "http://papers.test/{date}"', "must be https"),
        ("[digest]\nsource = []", "must name a folder"),
        ("[digest]\nsource = 3", "must be a text or a list of texts"),
        ('[digest]\nsource = ["a/", "HTTP://papers.test/x"]', "private_addresses = true"),
        ('[digest]\nsource = ["a\\u0000b"]', "without control characters"),
        ('[digest]\nprivate_addresses = "yes"', "must be true or false"),
        ("[digest]\nprivate_addresses = 1", "must be true or false"),
        ('[store]\nurl = "mysql://x"', "must begin with sqlite:///"),
        ('[feeds]\nhubs = "hub"', "must be an absolute http(s) URL"),
        ('[feeds]\nhubs = ["https://hub.test/", "https://[x"]', "cannot be read"),
        ('[feeds]\nhubs = ["https://me:secret@hub.test/"]', "user name"),
        ('[newsletter]\nbase_url = "https://[x"', "cannot be read"),
        ('[newsletter]\nbase_url = "https://[x]/"', "cannot be read"),
        ('[newsletter]\nbase_url = "https://papers test/"', "spaces or control characters"),
        ('[newsletter]\nbase_url = "https://papers.test/\\n"', "spaces or control characters"),
        ('[newsletter]\nbase_url = "https:///daily/"', "must be an absolute"),
        ('[newsletter]\nbase_url = "https://papers.test:70000/"', "Port out of range"),
        ('[newsletter]\nbase_url = "https://papers.test:0/"', "port 0"),
        ('[newsletter]\nbase_url = "https://papers.test/?"', "a query or a fragment"),
        ('[newsletter]\nbase_url = "https://papers.test/#top"', "a query or a fragment"),
        ('[newsletter]\nbase_url = "https://me@papers.test/"', "user name"),
        ('[newsletter]\nbase_url = "https://papers..test/"', "no host that can exist"),
        ('[newsletter]\nbase_url = "https://\u200bpapers.test/"', "spaces or control characters"),
        ('[newsletter]\nbase_url = "https://papers.test/日报/"', "ASCII letters"),
        ('[newsletter]\nlanguage = "fr"', "'fr' has no words here; known: en, zh-CN"),
        ('[sender]\naddress = "a@bü..test"', "must be a mail address"),
        ('[mail]\nsubject = "{title!z}"', "each as it stands"),
        ('[mail]\nsubject = "{title.x}"', "each as it stands"),
        ('[mail]\nsubject = "{title[0]}"', "each as it stands"),
        ('[mail]\nsubject = "{count:>9999999999}"', "each as it stands"),
        ('[mail]\nsubject = "{0}"', "each as it stands"),
        ('[mail]\nsubject = "{}"', "each as it stands"),
        ("[digest]\nmax_age_days = 1000000000", "must be at most 36500"),
        ("[digest]\nminimum_papers = 1000000000", "must be at most 10000"),
        ("[feeds]\nminimum_papers = 1000000000", "must be at most 10000"),
        ("[delivery]\nrate_per_second = 1000000000", "must be at most 100000"),
        ('[web]\nhost = "a\\u0000b"', "without control characters"),
        ('[templates]\ndirectory = "mine/"', "names no folder"),
        ('[newsletter]\ntitle = " "', "must not be empty"),
        ('[newsletter]\nbase_url = "https://papers.test/%s"' % ("x" * 900), "at most 840"),
        ('[newsletter]\nbase_url = "https://papers.test/%s"' % ("&" * 200), "at most 840"),
        ('[dkim]\nselector = "a b"', "letters, digits, hyphens and dots"),
        ('[dkim]\nselector = "-a"', "letters, digits, hyphens and dots"),
        ('[dkim]\nkey = "x"', "signs nothing without [dkim] selector"),
        ('[dkim]\nselector = "a"\ndomain = "论文..test"', "no host that can exist"),
        ('[dkim]\ndomain = "a b"', "no host that can exist"),
        ('[dkim]\nselector = "a"\ndomain = "other.test"', "not aligned with [sender] address"),
        ('[dkim]\nselector = "a"\ndomain = "apers.example.org"', "not aligned with [sender] address"),
        ('[dkim]\nselector = "a"\ndomain = "org"', "not aligned with [sender] address"),
        ("[newsletter]\ntitle = 3", "must be a text"),
        ("[web]\nport = true", "must be a whole number"),
    ],
)
def test_a_value_that_cannot_be_right_is_refused(tmp_path: Path, text: str, message: str) -> None:
    [problem] = problems_of(tmp_path, text)
    assert message in problem


@pytest.mark.parametrize("number", ["9" * 5000, "[" * 5000])
def test_a_file_that_the_parser_gives_up_on_is_a_problem_too(tmp_path: Path, number: str) -> None:
    [problem] = problems_of(tmp_path, f"[web]\nport = {number}\n")
    assert "is not TOML" in problem


def test_a_variable_that_is_not_utf8_is_a_problem(tmp_path: Path) -> None:
    [problem] = problems_of(tmp_path, "", NEWSLETTER_NEWSLETTER__TITLE="caf\udce9")
    assert problem.startswith("NEWSLETTER_NEWSLETTER__TITLE: newsletter.title must be UTF-8")


def test_every_address_that_was_judged_is_ascii_from_here_on(tmp_path: Path) -> None:
    config = load(
        tmp_path,
        '[newsletter]\nbase_url = "https://论文。测试:8443/daily//"\n'
        '[feeds]\nhubs = ["https://bücher.test/hub?mode=publish", "http://[::1]:8080/"]\n',
    )
    assert config.newsletter.base_url == "https://xn--7dv436f.xn--0zwm56d:8443/daily/"
    assert config.feeds.hubs == ("https://xn--bcher-kva.test/hub?mode=publish", "http://[::1]:8080/")


@pytest.mark.parametrize("written", ["zh-CN", "zh_cn", "ZH-cn"])
def test_a_language_is_known_by_its_tag_however_it_is_written(tmp_path: Path, written: str) -> None:
    assert load(tmp_path, f'[newsletter]\nlanguage = "{written}"\n').newsletter.language == "zh-CN"


def test_a_folder_of_templates_may_be_missing_only_where_it_is_the_default(tmp_path: Path) -> None:
    assert load(tmp_path, '[templates]\ndirectory = "templates/"\n').templates.directory.name == "templates"
    (tmp_path / "templates").write_text("a file")
    [problem] = problems_of(tmp_path, "")
    assert "templates.directory cannot be read" in problem


def test_what_init_writes_loads_to_the_defaults(tmp_path: Path) -> None:
    config = load(tmp_path, write_example())
    assert config == load_config(None, {}, tmp_path)


def test_every_key_has_words_for_people() -> None:
    for table in all_tables():
        assert table.doc
        for key in table.keys:
            assert key.facts.doc.endswith("."), key.name
            assert not (key.facts.secret and key.default is None)


def test_a_configuration_is_frozen() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        Config().newsletter.title = "x"  # type: ignore[misc]


@pytest.mark.parametrize("kind", PROVIDERS)
def test_a_provider_that_signs_itself_is_not_asked_to_keep_our_signature(tmp_path: Path, kind: str) -> None:
    (problem,) = problems_of(tmp_path, f'[transport]\nkind = "{kind}"\n[dkim]\nselector = "s1"\n')
    assert f"{kind} writes each mail anew and signs it itself: leave [dkim] empty" in problem


@pytest.mark.parametrize(
    ("written", "problem"),
    [
        ('kind = "smtp"\nfallback = "smtp"', "transport.fallback must be another transport than kind: smtp"),
        ('fallback = "smtp"', 'transport.fallback has nothing to take over from kind = "file"'),
        ('kind = "smtp"\nfallback = "file"', "transport.fallback must be one of"),
    ],
)
def test_a_fallback_that_could_take_nothing_over_is_refused(
    tmp_path: Path, written: str, problem: str
) -> None:
    (found,) = problems_of(tmp_path, f"[transport]\n{written}\n")
    assert problem in found


@pytest.mark.parametrize("kind", PROVIDERS)
@pytest.mark.parametrize("endpoint", ["http://api.test", "ftp://127.0.0.1", "https://key@api.test"])
def test_a_key_goes_to_an_https_address_only(tmp_path: Path, kind: str, endpoint: str) -> None:
    (problem,) = problems_of(tmp_path, f'[transport.{kind}]\nendpoint = "{endpoint}"\n')
    assert f"transport.{kind}.endpoint" in problem


def test_a_provider_of_this_machine_may_be_spoken_to_in_the_clear(tmp_path: Path) -> None:
    config = load(tmp_path, '[transport.resend]\nendpoint = "http://127.0.0.1:8080"\n')
    assert config.transport.resend.endpoint == "http://127.0.0.1:8080"
