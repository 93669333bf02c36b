"""Configuration, folders, templates, topics and secrets: one fault each."""

from __future__ import annotations

import shutil
from collections import namedtuple
from pathlib import Path

import pytest

from newsletter.daily.doctor import Area, State
from newsletter.daily.signing import make_new_key
from tests.daily.doctor.conftest import Patient


def test_a_newsletter_that_is_ready_has_nothing_wrong(patient: Patient) -> None:
    examination = patient.examine()
    assert examination.is_ok
    warned = {each.name for each in examination.findings if each.state is State.WARNING}
    assert warned == {"transport", "base_url"}  # mails go into files; nothing listens there


def test_without_a_file_only_defaults_hold(patient: Patient) -> None:
    patient.has_file = False
    assert patient.find_one("configuration", State.WARNING).fix == "newsletter init"


@pytest.mark.parametrize(("kind", "state"), [("file", State.WARNING), ("smtp", State.WRONG)])
def test_example_addresses_are_wrong_once_mail_is_real(patient: Patient, kind: str, state: State) -> None:
    patient.set(
        transport__kind=kind,
        newsletter__base_url="https://papers.example.org/",
        sender__address="digest@papers.example.org",
    )
    found = patient.find("addresses")
    assert [finding.state for finding in found] == [state, state]
    assert "base_url" in found[0].message
    assert "[sender] address" in found[1].message


def test_a_missing_postal_address_is_a_warning(patient: Patient) -> None:
    patient.set(sender__postal_address=" ")
    patient.find_one("postal address", State.WARNING)


def test_a_short_key_of_the_links_is_a_warning_and_not_shown(patient: Patient) -> None:
    patient.set(newsletter__secret_key="hunter2")
    finding = patient.find_one("secrets", State.WARNING, "only 7 characters")
    assert "hunter2" not in finding.message + finding.fix


def open_to_all(patient: Patient, monkeypatch: pytest.MonkeyPatch) -> None:
    """The folders of pytest are closed to others: as if they were not."""
    for folder in (patient.folder, *patient.folder.parents):
        if not folder.stat().st_mode & 0o001:
            monkeypatch.setattr("stat.S_IXOTH", 0o100)
    (patient.folder / "newsletter.db").chmod(0o600)


def test_a_file_of_secrets_that_everybody_may_read_is_a_warning(
    patient: Patient, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_to_all(patient, monkeypatch)
    patient.find_one("secrets", State.OK)  # nothing secret stands in newsletter.toml
    patient.file.write_text('[transport.smtp]\npassword = "hunter2"\nport = 26\n', encoding="utf-8")
    patient.file.chmod(0o644)
    finding = patient.find_one("secrets", State.WARNING, "transport.smtp.password")
    assert finding.fix == f"chmod o= {patient.file}"
    assert "hunter2" not in finding.message
    patient.file.chmod(0o640)
    patient.find_one("secrets", State.OK)


def test_a_store_and_a_key_that_everybody_may_read_are_warnings(
    patient: Patient, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_to_all(patient, monkeypatch)
    make_new_key(patient.config(), patient.folder / "dkim.pem", selector="s1", bits=2048)
    patient.set(dkim__selector="s1")
    patient.find_one("secrets", State.OK)
    (patient.folder / "dkim.pem").chmod(0o644)
    (patient.folder / "newsletter.db").chmod(0o644)
    found = patient.find("secrets")
    assert ["dkim.pem" in found[0].message, "newsletter.db" in found[1].message] == [True, True]


def test_a_file_of_a_secret_that_everybody_may_read_is_a_warning(
    patient: Patient, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_to_all(patient, monkeypatch)
    secret = patient.folder / "smtp-password"
    secret.write_text("hunter2", encoding="utf-8")
    secret.chmod(0o644)
    patient.set(transport__smtp__password_file=secret)
    finding = patient.find_one("secrets", State.WARNING, "it holds transport.smtp.password")
    assert finding.fix == f"chmod o= {secret}"
    assert "hunter2" not in finding.message
    secret.chmod(0o640)
    patient.find_one("secrets", State.OK)


def test_a_file_in_a_folder_that_others_cannot_enter_is_safe(patient: Patient) -> None:
    patient.folder.chmod(0o700)
    (patient.folder / "newsletter.db").chmod(0o666)
    patient.find_one("secrets", State.OK)


def test_a_template_that_does_not_compile_is_wrong(patient: Patient) -> None:
    folder = patient.folder / "templates" / "email"
    folder.mkdir(parents=True)
    (folder / "card.html").write_text("{% if %}", encoding="utf-8")
    shutil.copy(folder / "card.html", folder / "edition.html")
    finding = patient.find("templates")[0]
    assert finding.state is State.WRONG
    assert "templates" in finding.message


def test_topics_that_cannot_be_read_are_wrong_each_with_its_reason(patient: Patient) -> None:
    keywords = patient.folder / "keywords.toml"
    keywords.write_text('agents = ["agent"]\n', encoding="utf-8")
    patient.find_one("topics", State.OK, "1 of ")
    keywords.write_text('agents = 1\nrl = "x"\n', encoding="utf-8")
    assert [finding.state for finding in patient.find("topics")] == [State.WRONG, State.WRONG]


def test_a_file_in_the_place_of_the_site_is_wrong(patient: Patient) -> None:
    patient.find_one("site", State.OK, "will be made")
    (patient.folder / "public").write_bytes(b"")
    assert patient.find_one("site", State.WRONG).area is Area.STORE


def test_a_link_to_nowhere_in_the_place_of_the_site_is_wrong(patient: Patient) -> None:
    (patient.folder / "public").symlink_to("gone")
    patient.find_one("site", State.WRONG)


@pytest.mark.usefixtures("no_root")
def test_a_site_without_the_right_to_write_is_wrong(patient: Patient) -> None:
    (patient.folder / "public").mkdir(mode=0o555)
    patient.find_one("site", State.WRONG)


@pytest.mark.parametrize(
    ("free", "state"), [(1_000, State.WRONG), (100_000_000, State.WARNING), (10**12, State.OK)]
)
def test_a_disk_that_is_nearly_full_is_found(
    patient: Patient, monkeypatch: pytest.MonkeyPatch, free: int, state: State
) -> None:
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr("shutil.disk_usage", lambda _: usage(10**13, 0, free))
    finding = patient.find_one("disk", state)
    assert finding.area is (Area.STORE if state is State.WRONG else Area.CONFIGURATION)


def test_each_disk_is_named_once_however_deep_the_folders(patient: Patient) -> None:
    patient.set(site__out="not/made/yet", transport__file__directory="nor/this")
    patient.find_one("disk", State.OK, str(patient.folder))


def test_written_secrets_are_names_and_no_places(tmp_path: Path) -> None:
    from newsletter.config.load import find_written_secrets

    file = tmp_path / "newsletter.toml"
    file.write_text(
        '[store]\nurl = "sqlite:///a.db"\n[dkim]\nkey = "x"\n[transport.resend]\napi_key = ""\n'
        '[digest]\nsource = "digests/"\n',
        encoding="utf-8",
    )
    assert find_written_secrets(file) == ["dkim.key"]
