"""Judges what the DNS says of the sender's domain. Pure: `dns` asks, and texts come joined (RFC 7208 §3.3).

MX, A and AAAA (RFC 5321 §5.1, RFC 7505), SPF (RFC 7208), DMARC (RFC 7489), DKIM (RFC 6376 §3.6.1).
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping, Sequence

from newsletter.daily.doctor.findings import Finding, quote, warn, well, wrong
from newsletter.daily.doctor.spf import MOST_LOOKUPS, SpfWalk
from newsletter.delivery.dkim_keys import DnsRecord

_POLICIES = ("none", "quarantine", "reject")


def judge_domain(domain: str, mx: Sequence[str], addresses: Sequence[str]) -> Finding:
    """`mx`: the names of the mail servers; "" is the one that says there is none."""
    if list(mx) == [""]:
        fix = f"take the null MX record of {domain} out of the DNS, or send from another domain"
        return wrong("domain", f"{domain} says that it takes no mail: many servers refuse its mail too", fix)
    if mx:
        return well("domain", f"mail for {domain} goes to {quote(', '.join(sorted(mx)))}")
    if addresses:
        return well("domain", f"{domain} has an address and no MX record: answers go to it directly")
    fix = f"give {domain} an MX record, or correct [sender] address"
    return wrong("domain", f"{domain} has neither MX nor address: many servers refuse its mail", fix)


def judge_spf(
    domain: str, records: Sequence[str], walk: SpfWalk, *, own_envelope: bool, sender: str = ""
) -> Finding:
    """`walk`: where the record leads, if it is a single one. `own_envelope`: False where a provider sends
    under an envelope address that may be its own. `sender`: the name that it has to lead to; empty: any."""
    if len(records) > 1:
        fix = f"join the {len(records)} TXT records that begin with v=spf1 into one"
        return wrong("spf", f"{domain} has {len(records)} records: none counts (RFC 7208 §4.5)", fix)
    if not records:
        if not own_envelope:
            return well("spf", f"{domain} has none; the provider's own counts where its bounces go to it")
        fix = 'add a TXT record that names who sends: "v=spf1 mx ~all", or what your provider says'
        return warn("spf", f"{domain} has no record: Gmail and others want one", fix)
    if own_envelope and records[0].lower().split()[1:] == ["-all"]:
        fix = 'name who sends in it: "v=spf1 mx -all", or what your provider says'
        return wrong("spf", f"{domain} says that nobody sends for it: {quote(records[0])}", fix)
    return _judge_walk(domain, records[0], walk, own_envelope=own_envelope, sender=sender)


def list_dmarc_names(domain: str) -> list[str]:
    """Where a policy may stand: of the domain, then of those above it, a top-level domain excepted.

    RFC 7489 §6.6.3 asks at the organizational domain, which only a list of public suffixes tells.
    """
    labels = domain.split(".")
    return [f"_dmarc.{'.'.join(labels[start:])}" for start in range(max(1, len(labels) - 1))]


def judge_dmarc(domain: str, texts: Mapping[str, Sequence[str]], *, signed_as: str) -> Finding:
    """`texts` of each name of `list_dmarc_names`, in their order; `signed_as`: whose signature is ours."""
    for name, found in texts.items():
        records = [text for text in found if re.match(r"v=DMARC1\s*(;|$)", text)]
        if len(records) > 1:
            fix = f"keep one of the TXT records at {name} that begin with v=DMARC1"
            return wrong("dmarc", f"{name} has {len(records)} records: none of them counts", fix)
        if records:
            return _judge_policy(domain, name, records[0], signed_as)
    fix = f'add a TXT record at _dmarc.{domain}: "v=DMARC1; p=none" begins without any risk'
    return warn("dmarc", f"{domain} has no record: Gmail and Yahoo want one of who sends in bulk", fix)


def judge_dkim(ours: DnsRecord, texts: Sequence[str]) -> Finding:
    """Whether signatures of our key can be checked by what stands at its name."""
    show = "newsletter dkim show prints the record that has to stand there"
    if not texts:
        return wrong("dkim", f"{ours.name} has no record: our signatures cannot be checked", show)
    if len(texts) > 1:
        return wrong("dkim", f"{ours.name} has {len(texts)} TXT records", f"keep one; {show}")
    there = _read_tags(texts[0])
    if fault := _find_fault(there, _read_tags(ours.value)["p"]):
        return wrong("dkim", f"{ours.name} {fault}: our signatures fail", show)
    if "y" in there.get("t", "").split(":"):
        return warn("dkim", f"{ours.name} says that it is a test (t=y)", f"take t=y out of it; {show}")
    return well("dkim", f"{ours.name} has the key that signs here")


def _find_fault(there: Mapping[str, str], key: str) -> str:
    """Why what is signed with our key fails by the record of these tags."""
    if there.get("k", "rsa") != "rsa" or "p" not in there:
        return "is no record of an RSA key"
    if not there["p"]:
        return "says that the key was revoked"
    if _decode(there["p"]) != _decode(key):
        return "has another key than ours"
    return "" if "sha256" in there.get("h", "sha256").split(":") else "does not allow SHA-256"


def _judge_walk(domain: str, record: str, walk: SpfWalk, *, own_envelope: bool, sender: str) -> Finding:
    costs_too_much = walk.lookups > MOST_LOOKUPS
    if walk.fault:
        told = quote(f"{walk.fault}; so {record} counts for nothing (RFC 7208 §4.6)")
        return (wrong if own_envelope else warn)("spf", f"{domain} {told}", "take that out of it, or mend it")
    if sender and not walk.leads_to(sender):
        within = f" within {MOST_LOOKUPS} lookups" if costs_too_much else ""
        told = f"{quote(record)} does not lead to {sender}{within}, whose servers send"
        return warn("spf", told, f"put include:{sender} into it, as the first")
    if costs_too_much:
        told = f"{quote(record)} needs more than {MOST_LOOKUPS} lookups"
        fix = "take out what does not send for you; ip4 and ip6 cost nothing"
        return warn("spf", f"{told}: who is named after them is refused (RFC 7208 §4.6.4)", fix)
    if re.search(r" \+?all\b", record, re.IGNORECASE):
        return warn("spf", f"lets anybody send: {quote(record)}", "end it with ~all or -all")
    return well("spf", f"{quote(record)}: {walk.lookups} of {MOST_LOOKUPS} lookups")


def _judge_policy(domain: str, name: str, record: str, signed_as: str) -> Finding:
    tags = _read_tags(record)
    is_inherited = name != f"_dmarc.{domain}"
    policy = (tags.get("sp") if is_inherited else None) or tags.get("p", "")
    if policy.lower() not in _POLICIES:
        fix = f"give the record at {name} a policy: p=none, p=quarantine or p=reject"
        return warn("dmarc", f"{name} has no policy that counts: {quote(record)}", fix)
    if signed_as and signed_as != domain and tags.get("adkim", "r").lower() == "s":
        fix = "leave [dkim] domain empty, or take adkim=s out of the record"
        return wrong("dmarc", f"{name} wants signatures of {domain} itself, and {signed_as} signs", fix)
    return well("dmarc", f"{name}: p={policy.lower()}{', watches only' if policy.lower() == 'none' else ''}")


def _read_tags(record: str) -> dict[str, str]:
    """A list of tags (RFC 6376 §3.2); of one that stands twice the first."""
    pairs = (each.partition("=") for each in reversed(record.split(";")))
    return {name.strip(): "".join(value.split()) for name, _, value in pairs if name.strip()}


def _decode(key: str) -> bytes:
    """The bytes of a public key; none where it is no base64."""
    try:
        return base64.b64decode(key, validate=True)
    except (binascii.Error, ValueError):
        return b""
