"""The preferences link: a form on GET, saved on POST, and shown again as it was saved."""

from __future__ import annotations

import dataclasses
from html.parser import HTMLParser

import httpx
import pytest
import sqlalchemy as sa

from newsletter.model import EditionKind, Preferences, SubscriberStatus
from newsletter.store.erasure import erase_subscriber
from newsletter.tokens import TEST_SUBJECT, Purpose
from tests.web.conftest import Site

WISHES = {"keywords": "强化学习；多模态", "limit": "5", "language": "en", "frequency": "weekly"}


class FormReader(HTMLParser):
    """The fields of the first form of a page, and where the others post to."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.fields: dict[str, str] = {}
        self.actions: list[str] = []
        self._textarea = ""
        self._select = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        facts = {name: value or "" for name, value in attrs}
        if tag == "form":
            assert facts["method"] == "post"
            self.actions.append(facts.get("action", ""))
        elif tag == "textarea":
            self._textarea = facts["name"]
            self.fields[self._textarea] = ""
        elif tag == "input":
            self.fields[facts["name"]] = facts["value"]
        elif tag == "select":
            self._select = facts["name"]
        elif tag == "option" and "selected" in facts:
            self.fields[self._select] = facts["value"]

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea":
            # The first newline behind the tag is not part of the value (HTML, §13.1.2.5).
            self.fields[self._textarea] = self.fields[self._textarea].removeprefix("\n")
            self._textarea = ""

    def handle_data(self, data: str) -> None:
        if self._textarea:
            self.fields[self._textarea] += data


def link(site: Site, email: str = "ada@example.test") -> str:
    return f"/preferences/{site.token(Purpose.PREFERENCES, email)}"


def everything(site: Site) -> list[object]:
    with site.publisher.store.read() as tx:
        return [tuple(row) for row in tx.execute(sa.text("SELECT * FROM subscriber ORDER BY id"))]


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_opening_the_page_changes_nothing(site: Site, method: str) -> None:
    before = everything(site)
    assert site.client.request(method, link(site)).status_code == 200
    assert everything(site) == before


def test_the_form_shows_what_is_stored(site: Site) -> None:
    page = site.client.get(link(site, "bob@example.test"))
    assert FormReader(page.text).fields == {
        "keywords": "强化学习",
        "frequency": "daily",
        "limit": "",
        "language": "en",
    }
    assert '<html lang="en">' in page.text
    assert "bob@example.test" in page.text
    assert page.headers["cache-control"] == "no-store"
    assert page.headers["referrer-policy"] == "no-referrer"


def test_a_form_sent_as_it_came_changes_nothing(site: Site) -> None:
    for email in ("ada@example.test", "bob@example.test"):
        before = everything(site)
        form = FormReader(site.client.get(link(site, email)).text).fields
        assert site.client.post(link(site, email), data=form).status_code == 200
        assert everything(site) == before


def test_a_language_that_is_no_longer_known_shows_as_the_newsletters(site: Site) -> None:
    site.add("eve@example.test", language="tlh")
    page = site.client.get(link(site, "eve@example.test"))
    assert FormReader(page.text).fields["language"] == "zh-CN"


def test_what_is_posted_is_saved_and_shown(site: Site) -> None:
    answer = site.client.post(link(site), data=WISHES)
    assert answer.status_code == 200
    assert site.subscriber().preferences == Preferences(("强化学习", "多模态"), EditionKind.WEEKLY, "en", 5)
    assert site.status() is SubscriberStatus.CONFIRMED
    assert "From the next mail on you get the papers on 强化学习, 多模态." in answer.text
    assert "At most 5 in one mail." in answer.text
    assert "One mail a week" in answer.text
    assert FormReader(answer.text).fields == WISHES | {"keywords": "强化学习\n多模态"}


def test_a_form_that_does_not_ask_how_often_leaves_that_as_it_is(site: Site) -> None:
    """A page that was open during an upgrade, or a template of the operator's own."""
    site.client.post(link(site), data=WISHES)
    older = {name: value for name, value in WISHES.items() if name != "frequency"}
    assert site.client.post(link(site), data=older | {"limit": "6"}).status_code == 200
    stored = site.subscriber().preferences
    assert (stored.frequency, stored.limit) == (EditionKind.WEEKLY, 6)


def test_an_empty_form_chooses_all_papers(site: Site) -> None:
    bob = "bob@example.test"
    answer = site.client.post(link(site, bob), data={"keywords": "", "limit": "", "language": "zh-CN"})
    assert site.subscriber(bob).preferences == Preferences()
    assert "从下一封邮件起，你会收到全部论文。" in answer.text


def test_what_cannot_be_meant_is_shown_again_and_not_saved(site: Site) -> None:
    before = everything(site)
    answer = site.client.post(link(site), data=WISHES | {"limit": "<many>"})
    assert answer.status_code == 422
    assert everything(site) == before
    assert FormReader(answer.text).fields == WISHES | {"limit": "<many>", "language": "en"}
    assert answer.text.count('aria-invalid="true"') == 1
    assert "<many>" not in answer.text


@pytest.mark.parametrize(
    "wrong", [{"keywords": "x" * 101}, {"limit": "0"}, {"language": "tlh"}, {"frequency": "hourly"}]
)
def test_each_field_has_its_message(site: Site, wrong: dict[str, str]) -> None:
    answer = site.client.post(link(site), data=WISHES | wrong)
    assert answer.status_code == 422
    (name,) = wrong
    assert f'id="{name}" name="{name}" aria-describedby="{name}-hint" aria-invalid="true"' in answer.text


def test_what_was_typed_runs_no_script(site: Site) -> None:
    nasty = '</textarea><script>alert(1)</script>"'
    answer = site.client.post(link(site), data=WISHES | {"keywords": nasty})
    assert "<script>" not in answer.text
    assert FormReader(answer.text).fields["keywords"] == nasty
    assert "<script>" not in site.client.get(link(site)).text


@pytest.mark.parametrize("body", ["", "List-Unsubscribe=One-Click", "keywords=&limit="])
def test_a_post_that_is_not_the_form_is_refused(site: Site, body: str) -> None:
    before = everything(site)
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    assert site.client.post(link(site), content=body, headers=headers).status_code == 400
    assert everything(site) == before


def test_the_page_has_a_button_that_unsubscribes(site: Site) -> None:
    page = site.client.get(link(site))
    own, other = FormReader(page.text).actions
    assert own == ""
    answer = site.client.post(httpx.URL(str(page.url)).join(other))
    assert answer.status_code == 200
    assert site.status() is SubscriberStatus.UNSUBSCRIBED


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_who_is_unsubscribed_is_told_so_and_nothing_changes(site: Site, method: str) -> None:
    site.client.post(f"/unsubscribe/{site.token(Purpose.UNSUBSCRIBE)}")
    before = everything(site)
    answer = site.client.request(method, link(site), data=WISHES if method == "POST" else None)
    assert answer.status_code == 200
    assert "已退订" in answer.text
    assert everything(site) == before


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_who_was_erased_is_told_the_same(site: Site, method: str) -> None:
    path = link(site)
    with site.publisher.store.write() as tx:
        erase_subscriber(tx, "ada@example.test")
    answer = site.client.request(method, path, data=WISHES if method == "POST" else None)
    assert answer.status_code == 200
    assert "这个地址" in answer.text


@pytest.mark.parametrize("purpose", [each for each in Purpose if each is not Purpose.PREFERENCES])
def test_a_token_of_another_purpose_is_not_found(site: Site, purpose: Purpose) -> None:
    before = everything(site)
    assert site.client.post(f"/preferences/{site.token(purpose)}", data=WISHES).status_code == 404
    assert everything(site) == before


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_the_link_of_a_test_mail_says_so(site: Site, method: str) -> None:
    path = f"/preferences/{site.token_of(Purpose.PREFERENCES, TEST_SUBJECT)}"
    answer = site.client.request(method, path)
    assert answer.status_code == 200
    assert "测试邮件" in answer.text


def test_only_the_preferences_of_the_form_change(site: Site) -> None:
    before = site.subscriber()
    site.client.post(link(site), data=WISHES)
    after = site.subscriber()
    assert dataclasses.replace(after, preferences=before.preferences) == before


def test_a_broken_store_is_a_503(site: Site) -> None:
    path = link(site)
    with site.publisher.store.write() as tx:
        tx.execute(sa.text("ALTER TABLE subscriber RENAME TO lost"))
    assert site.client.post(path, data=WISHES).status_code == 503
