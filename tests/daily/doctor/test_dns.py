"""What the DNS of the sender's domain says, asked of a real name server."""

from __future__ import annotations

import time

import pytest

from newsletter.config import Config
from newsletter.daily.doctor import State
from newsletter.daily.doctor.dns import list_looks, open_resolver
from newsletter.daily.doctor.findings import Finding
from newsletter.daily.signing import find_record, make_new_key
from newsletter.errors import ConfigError
from tests.daily.doctor.conftest import Patient


def ask(patient: Patient, name: str) -> Finding:
    looks = dict(list_looks(patient.config(), open_resolver([patient.names.address])))
    (finding,) = looks[name]()
    return finding


def use_smtp(patient: Patient) -> None:
    patient.set(transport__kind="smtp")


def sign(patient: Patient) -> Config:
    """A key of our own; its record is not published yet."""
    make_new_key(patient.config(), patient.folder / "dkim.pem", selector="s1", bits=2048)
    patient.set(dkim__selector="s1")
    return patient.config()


def test_a_domain_with_all_records_is_well(patient: Patient) -> None:
    use_smtp(patient)
    record = find_record(sign(patient))
    patient.names.text(record.name, record.value)
    found = {name: ask(patient, name) for name in ("domain", "spf", "dmarc", "dkim")}
    assert {finding.state for finding in found.values()} == {State.OK}, found
    assert "mx.papers.test" in found["domain"].message
    assert found["spf"].message == "v=spf1 mx -all: 1 of 10 lookups"
    assert "_dmarc.papers.test: p=quarantine" in found["dmarc"].message


@pytest.mark.parametrize(
    ("records", "state", "words"),
    [
        ([], State.WRONG, "neither MX nor address"),
        (["MX 0 ."], State.WRONG, "takes no mail"),
        (["A 192.0.2.1"], State.OK, "no MX record"),
        (["AAAA 2001:db8::1"], State.OK, "no MX record"),
        (["MX 10 b.test.", "MX 5 a.test."], State.OK, "a.test, b.test"),
    ],
)
def test_a_domain_takes_mail_or_is_refused(
    patient: Patient, records: list[str], state: State, words: str
) -> None:
    patient.names.records["papers.test"] = records
    finding = ask(patient, "domain")
    assert (finding.state, words in finding.message) == (state, True), finding


@pytest.mark.parametrize(
    ("texts", "state", "words"),
    [
        ([], State.WARNING, "no record"),
        (["v=spf10 -all", "v=spf2.0/pra"], State.WARNING, "no record"),
        (["v=spf1 a -all", "V=SPF1 mx -all"], State.WRONG, "2 records"),
        (["v=spf1 -all"], State.WRONG, "nobody sends"),
        (["v=spf1 mx +all"], State.WARNING, "anybody"),
        (["v=spf1 all"], State.WARNING, "anybody"),
        (["v=spf1"], State.OK, "v=spf1: 0 of 10"),
        (["v=spf1 " + "ip4:192.0.2.1 " * 60 + "~all"], State.OK, "…"),
        (["v=spf1 include:" + "long." * 60 + "test ~all"], State.WRONG, "takes in long."),
        (["v=spf1 mx exp=\x1b[31m -all".replace("\x1b", "\\027")], State.OK, "v=spf1 mx exp= [31m -all"),
        (["v=spf1 ip:192.0.2.1 -all"], State.WRONG, "ip:192.0.2.1"),
        (["v=spf1 a:x.test a/24 ptr exists:%{i}.x.test ip6:2001:db8::/32 -all"], State.OK, "4 of 10"),
        (["v=spf1 -all include:none.test"], State.OK, "0 of 10"),
        (["v=spf1 include:papers.test -all"], State.WARNING, "more than 10 lookups"),
        (["v=spf1 include:%{d}.x.test -all"], State.OK, "1 of 10"),
    ],
)
def test_spf_is_one_record_that_names_somebody(
    patient: Patient, texts: list[str], state: State, words: str
) -> None:
    use_smtp(patient)
    patient.names.text("papers.test", *texts)
    finding = ask(patient, "spf")
    assert (finding.state, words in finding.message) == (state, True), finding


def test_what_an_spf_record_takes_in_is_followed_and_counted(patient: Patient) -> None:
    use_smtp(patient)
    patient.names.text("papers.test", "v=spf1 ip4:192.0.2.1 include:a.test mx ~all")
    patient.names.text("a.test", "v=spf1 include:B.test ip4:192.0.2.2 ?all")
    patient.names.text("b.test", "v=spf1 a mx redirect=c.test")
    patient.names.text("c.test", "verification=1", "v=spf1 a:x.test -all")
    assert "7 of 10 lookups" in ask(patient, "spf").message
    patient.names.text("c.test", "v=spf1 " + "exists:%{i}.x.test " * 5 + "-all")
    assert "needs more than 10 lookups" in ask(patient, "spf").message
    assert ask(patient, "spf").state is State.WARNING


@pytest.mark.parametrize("texts", [[], ["verification=1"], ["v=spf1 -all", "v=spf1 mx -all"]])
def test_an_spf_record_that_takes_in_none_or_two_counts_for_nothing(
    patient: Patient, texts: list[str]
) -> None:
    patient.names.text("papers.test", "v=spf1 include:a.test mx -all")
    patient.names.text("a.test", *texts)
    use_smtp(patient)
    finding = ask(patient, "spf")
    assert (finding.state, "takes in a.test" in finding.message) == (State.WRONG, True), finding
    patient.set(transport__kind="resend", transport__resend__api_key="re_1")  # whose envelope is its own
    assert ask(patient, "spf").state is State.WARNING


@pytest.mark.parametrize(
    ("kind", "settings", "sender"),
    [
        ("smtp", {"transport__smtp__host": "smtp-relay.gmail.com"}, "_spf.google.com"),
        ("smtp", {"transport__smtp__host": "smtp.office365.com"}, "spf.protection.outlook.com"),
        ("mailgun", {"transport__mailgun__api_key": "key-1"}, "mailgun.org"),
    ],
)
def test_spf_must_lead_to_whose_servers_send_with_our_envelope(
    patient: Patient, kind: str, settings: dict[str, str], sender: str
) -> None:
    patient.set(transport__kind=kind, **settings)
    finding = ask(patient, "spf")
    assert finding.state is State.WARNING
    assert f"does not lead to {sender}" in finding.message
    assert f"include:{sender}" in finding.fix
    patient.names.text("papers.test", "v=spf1 include:ours.test -all")
    patient.names.text("ours.test", f"v=spf1 include:{sender} -all")
    patient.names.text(sender, "v=spf1 ip4:192.0.2.0/24 -all")
    assert "2 of 10 lookups" in ask(patient, "spf").message
    patient.names.text("papers.test", "v=spf1 " + "a:x.test " * 10 + f"include:{sender} -all")
    assert f"does not lead to {sender} within 10 lookups" in ask(patient, "spf").message


def test_another_record_of_the_same_provider_will_do(patient: Patient) -> None:
    patient.set(transport__kind="mailgun", transport__mailgun__api_key="key-1")
    patient.names.text("papers.test", "v=spf1 include:eu.mailgun.org -all")
    patient.names.text("eu.mailgun.org", "v=spf1 ip4:192.0.2.0/24 -all")
    assert ask(patient, "spf").state is State.OK


def test_a_mailgun_domain_of_its_own_has_a_record_of_its_own(patient: Patient) -> None:
    patient.set(transport__kind="mailgun", transport__mailgun__api_key="key-1")
    patient.set(transport__mailgun__domain="mg.papers.test")
    assert ask(patient, "spf").state is State.OK


def test_without_spf_a_providers_own_envelope_address_may_count(patient: Patient) -> None:
    patient.set(transport__kind="resend", transport__resend__api_key="re_1")
    patient.names.records["papers.test"] = ["MX 10 mx.papers.test."]
    assert ask(patient, "spf").state is State.OK


@pytest.mark.parametrize(
    ("texts", "state", "words"),
    [
        ([], State.WARNING, "no record"),
        (["v=DMARC1;p=none"], State.OK, "watches only"),
        (["some=text", "v=DMARC1; p=reject"], State.OK, "p=reject"),
        (["v=DMARC1; p=none", "v=DMARC1; p=reject"], State.WRONG, "2 records"),
        (["v=DMARC1; rua=mailto:a@b.test"], State.WARNING, "no policy"),
        (["v=DMARC1; p=maybe"], State.WARNING, "no policy"),
        (["v=DMARC12; p=none"], State.WARNING, "no record"),
    ],
)
def test_dmarc_is_one_record_with_a_policy(
    patient: Patient, texts: list[str], state: State, words: str
) -> None:
    patient.names.text("_dmarc.papers.test", *texts)
    finding = ask(patient, "dmarc")
    assert (finding.state, words in finding.message) == (state, True), finding


@pytest.mark.parametrize(
    ("record", "policy"), [("v=DMARC1; p=reject", "p=reject"), ("v=DMARC1; p=reject; sp=none", "p=none")]
)
def test_a_subdomain_falls_back_to_the_policy_above_it(patient: Patient, record: str, policy: str) -> None:
    patient.set(sender__address="digest@news.daily.papers.test")
    patient.names.text("_dmarc.papers.test", record)
    assert f"_dmarc.papers.test: {policy}" in ask(patient, "dmarc").message
    patient.names.text("_dmarc.daily.papers.test", "v=DMARC1; p=quarantine")
    assert "_dmarc.daily.papers.test: p=quarantine" in ask(patient, "dmarc").message
    assert "_dmarc.test TXT" not in patient.names.asked


def test_a_policy_of_strict_alignment_and_a_signature_of_another_domain_are_found(patient: Patient) -> None:
    use_smtp(patient)
    patient.set(sender__address="digest@papers.test", dkim__domain="mail.papers.test")
    sign(patient)
    patient.names.text("_dmarc.papers.test", "v=DMARC1; p=none; adkim=s")
    assert ask(patient, "dmarc").state is State.WRONG


@pytest.mark.parametrize(
    ("change", "state", "words"),
    [
        (lambda value: [], State.WRONG, "no record"),
        (lambda value: [value, value + ";"], State.WRONG, "2 TXT records"),
        (lambda value: ["v=DKIM1; p="], State.WRONG, "revoked"),
        (lambda value: ["v=DKIM1; k=ed25519; p=AAAA"], State.WRONG, "no record of an RSA key"),
        (lambda value: ["hello"], State.WRONG, "no record of an RSA key"),
        (lambda value: [value[:-8]], State.WRONG, "another key"),
        (lambda value: [value + "é"], State.WRONG, "another key"),
        (lambda value: [value + "; h=sha1"], State.WRONG, "SHA-256"),
        (lambda value: [value + "; t=y:s"], State.WARNING, "a test"),
        (lambda value: [value.replace("p=", "p= ").replace("k=rsa; ", "")], State.OK, "the key"),
    ],
)
def test_the_key_in_the_dns_is_held_against_ours(
    patient: Patient, change: object, state: State, words: str
) -> None:
    use_smtp(patient)
    record = find_record(sign(patient))
    patient.names.text(record.name, *change(record.value))  # type: ignore[operator]
    finding = ask(patient, "dkim")
    assert (finding.state, words in finding.message) == (state, True), finding


def test_a_key_that_cannot_be_used_is_wrong(patient: Patient) -> None:
    use_smtp(patient)
    patient.set(dkim__selector="s1")
    finding = patient.find_one("dkim", State.WRONG, "cannot be read")
    assert "newsletter dkim new" in finding.fix


def test_without_a_key_of_our_own_somebody_else_must_sign(patient: Patient) -> None:
    use_smtp(patient)
    assert "the mail server must" in patient.find_one("dkim", State.OK).message
    patient.set(transport__kind="resend", transport__resend__api_key="re_1")
    assert "resend signs" in ask(patient, "dkim").message


@pytest.mark.parametrize("fault", ["is_silent", "is_broken"])
def test_a_name_server_that_fails_is_a_warning_in_bounded_time(patient: Patient, fault: str) -> None:
    setattr(patient.names, fault, True)
    use_smtp(patient)
    sign(patient)
    started = time.monotonic()
    examination = patient.examine()
    assert time.monotonic() - started < 12
    for name in ("domain", "spf", "dmarc", "dkim"):
        (finding,) = (each for each in examination.findings if each.name == name)
        assert (finding.state, "no answer from the DNS" in finding.message) == (State.WARNING, True), finding


def test_an_example_domain_is_not_asked_for(patient: Patient) -> None:
    patient.set(sender__address="digest@papers.example.org")
    assert "still an example" in patient.find_one("dns", State.WARNING).message
    assert patient.names.asked == []


def test_an_international_domain_is_asked_for_in_its_ascii_form(patient: Patient) -> None:
    patient.set(sender__address="digest@论文.test")
    ask(patient, "domain")
    assert patient.names.asked[0].startswith("xn--")


@pytest.mark.parametrize("text", ["dns.papers.test", "127.0.0.1:x", "127.0.0.1:", "127.0.0.1:70000", ""])
def test_a_name_server_is_an_address(text: str) -> None:
    with pytest.raises(ConfigError, match="--name-server"):
        open_resolver([text])


@pytest.mark.parametrize("text", ["127.0.0.1", "127.0.0.1:5353", "::1"])
def test_a_name_server_may_have_a_port(text: str) -> None:
    assert open_resolver([text])
