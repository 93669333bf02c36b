"""The shipped templates have no fault, whatever stands in them."""

from __future__ import annotations

import pytest

from newsletter.render.lint import LintedMail, lint_mail
from tests.render.conftest import LINKS
from tests.render.lint.conftest import THEMES, make_mail


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("language", ["zh-CN", "en"])
@pytest.mark.parametrize("papers", [1, 40, 200])
def test_the_shipped_templates_have_no_finding(papers: int, language: str, theme: str) -> None:
    mail = make_mail(papers, language, theme)
    assert lint_mail(mail) == ()
    assert mail.html.count("<img") == bool(mail.logo)


@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_the_mail_of_the_sample_digest_has_no_finding(language: str) -> None:
    from newsletter.digests import parse_digest
    from newsletter.shipped import shipped_path

    path = shipped_path("digests") / "2025-09-24.md"
    digest = parse_digest(path.read_bytes(), source=str(path))
    assert lint_mail(make_mail(papers=digest.papers, language=language)) == ()


def test_a_mail_of_nothing_at_all_is_judged_not_fallen_over() -> None:
    rules = {finding.rule for finding in lint_mail(LintedMail("", "", b""))}
    assert {"lang", "title", "charset", "plain-empty", "unsubscribe"} <= rules


def test_the_address_of_list_unsubscribe_is_read_from_the_message(mail: LintedMail) -> None:
    assert mail.unsubscribe == LINKS.unsubscribe
