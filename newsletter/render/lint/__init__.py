"""Looks for what goes wrong with a mail in the programs that people read it with.

Pure: a mail's HTML, its text and its raw bytes → findings. `support` is the table of what clients leave
out; `sizes`, `links`, `page`, `reading`, `plain` and `wire` are the rules, each a function that tells
where a mail breaks it. `mail` and `sheets` are the mail as the rules see it, `looks` how its text comes
out in light and in dark. Making a mail, and showing the findings, is left to others.
"""

from __future__ import annotations

from collections.abc import Iterator

from newsletter.render.lint import links, page, plain, reading, sizes, support, wire
from newsletter.render.lint.mail import LintedMail
from newsletter.render.lint.rules import Finding, Rule

__all__ = ["RULES", "Finding", "LintedMail", "lint_mail"]

RULES: dict[str, Rule] = {
    rule.name: rule for module in (support, sizes, links, page, reading, plain, wire) for rule in module.RULES
}


def lint_mail(mail: LintedMail) -> tuple[Finding, ...]:
    """What is wrong with the mail, in the order of the rules; what is wrong alike in many places, once."""
    return tuple(finding for rule in RULES.values() for finding in _apply(rule, mail))


def _apply(rule: Rule, mail: LintedMail) -> Iterator[Finding]:
    places: dict[str, list[str]] = {}
    for where, what in rule.check(mail):
        places.setdefault(what, []).append(where)
    for what, (first, *others) in places.items():
        where = f"{first} and {len(others)} more" if others else first
        yield Finding(rule.name, where, what, rule.why, rule.fix, rule.source, rule.is_note)
