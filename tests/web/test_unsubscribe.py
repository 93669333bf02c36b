"""The unsubscribe link: GET changes nothing, every kind of POST acts, and everything is answered."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
import sqlalchemy as sa

from newsletter.model import SubscriberStatus
from newsletter.store.erasure import erase_subscriber
from newsletter.tokens import TEST_SUBJECT, Purpose
from tests.builders import NOON
from tests.web.conftest import OpenSite, Site

CONFIRMED, UNSUBSCRIBED = SubscriberStatus.CONFIRMED, SubscriberStatus.UNSUBSCRIBED

ONE_CLICKS = {
    "form": {"data": {"List-Unsubscribe": "One-Click"}},
    "multipart": {"files": {"List-Unsubscribe": (None, "One-Click")}},
    "empty": {},
}


def link(site: Site, email: str = "ada@example.test") -> str:
    return f"/unsubscribe/{site.token(Purpose.UNSUBSCRIBE, email)}"


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_scanner_that_opens_the_link_changes_nothing(site: Site, method: str) -> None:
    answer = site.client.request(method, link(site))
    assert answer.status_code == 200
    assert site.status() is CONFIRMED


def test_the_page_asks_with_a_form_that_posts_to_itself(site: Site) -> None:
    page = site.client.get(link(site))
    assert '<form method="post"><button type="submit">' in page.text
    assert "ada@example.test" in page.text
    assert page.headers["content-type"] == "text/html; charset=utf-8"


def test_head_has_the_headers_of_get(site: Site) -> None:
    get, head = site.client.get(link(site)), site.client.head(link(site))
    assert not head.content
    del get.headers["date"], head.headers["date"]
    assert get.headers == head.headers


@pytest.mark.parametrize("body", ONE_CLICKS)
def test_one_click_unsubscribes_whatever_the_shape_of_its_body(site: Site, body: str) -> None:
    answer = site.client.post(link(site), **ONE_CLICKS[body])
    assert answer.status_code == 200
    assert not answer.history
    assert "set-cookie" not in answer.headers
    assert site.status() is UNSUBSCRIBED
    assert site.status("bob@example.test") is CONFIRMED


def test_a_second_post_says_the_same_and_keeps_the_first_date(site: Site) -> None:
    first, second = site.client.post(link(site)), site.client.post(link(site))
    assert (first.status_code, first.text) == (second.status_code, second.text)
    assert "不会再收到" in second.text


def test_the_answer_of_a_browser_says_that_one_is_unsubscribed(site: Site) -> None:
    bob = link(site, "bob@example.test")
    answer = site.client.post(bob, data={})
    assert "bob@example.test gets no more mail" in answer.text
    assert site.client.get(bob).text == answer.text


def test_the_page_is_in_the_language_of_the_subscriber(site: Site) -> None:
    assert '<html lang="en">' in site.client.get(link(site, "bob@example.test")).text
    assert '<html lang="zh-CN">' in site.client.get(link(site)).text


def test_a_language_that_is_no_longer_known_gives_way_to_the_newsletters(site: Site) -> None:
    site.add("eve@example.test", language="tlh")
    assert '<html lang="zh-CN">' in site.client.get(link(site, "eve@example.test")).text


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("token", ["forged", "AAAA" * 12, "%E4%B8%AD", "a", "%00"])
def test_a_forged_token_is_not_found_and_told_what_to_do(site: Site, method: str, token: str) -> None:
    answer = site.client.request(method, f"/unsubscribe/{token}")
    assert answer.status_code == 404
    assert "digest@papers.example.org" in answer.text


def test_a_token_cut_off_by_one_character_is_not_found(site: Site) -> None:
    assert site.client.post(link(site)[:-1]).status_code == 404
    assert site.status() is CONFIRMED


@pytest.mark.parametrize("purpose", [each for each in Purpose if each is not Purpose.UNSUBSCRIBE])
def test_a_token_of_another_purpose_unsubscribes_nobody(site: Site, purpose: Purpose) -> None:
    assert site.client.post(f"/unsubscribe/{site.token(purpose)}").status_code == 404
    assert site.status() is CONFIRMED


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_the_link_of_a_test_mail_says_so_and_changes_nothing(site: Site, method: str) -> None:
    answer = site.client.request(method, f"/unsubscribe/{site.token_of(Purpose.UNSUBSCRIBE, TEST_SUBJECT)}")
    assert answer.status_code == 200
    assert "测试邮件" in answer.text
    assert site.status() is CONFIRMED


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_who_was_erased_is_unsubscribed_all_the_same(site: Site, method: str) -> None:
    path = link(site)
    with site.publisher.store.write() as tx:
        erase_subscriber(tx, "ada@example.test")
    answer = site.client.request(method, path)
    assert answer.status_code == 200
    assert "这个地址" in answer.text
    assert "ada@" not in answer.text


@pytest.mark.parametrize("chunked", [False, True])
def test_a_body_beyond_the_limit_is_refused_and_does_nothing(site: Site, chunked: bool) -> None:
    body = b"x" * 65_537
    answer = site.client.post(link(site), content=iter([body]) if chunked else body)
    assert answer.status_code == 413
    assert site.status() is CONFIRMED


def test_other_methods_are_refused(site: Site) -> None:
    answer = site.client.put(link(site))
    assert answer.status_code == 405
    assert set(answer.headers["allow"].split(", ")) == {"GET", "HEAD", "POST"}


def test_the_page_goes_into_no_cache_and_tells_nobody_its_address(site: Site) -> None:
    headers = site.client.get(link(site)).headers
    assert headers["cache-control"] == "no-store"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["x-content-type-options"] == "nosniff"
    assert "form-action 'self'" in headers["content-security-policy"]
    assert "default-src 'none'" in headers["content-security-policy"]


def test_unsubscribes_wait_for_another_writer_while_pages_are_read(site: Site) -> None:
    emails = [f"reader{number}@example.test" for number in range(30)]
    for email in emails:
        site.add(email)
    paths = [link(site, email) for email in emails]
    site.write("index.html")
    with ThreadPoolExecutor(30) as pool, site.publisher.store.write():
        posts = [pool.submit(site.client.post, path) for path in paths]
        time.sleep(1)
        assert not any(post.done() for post in posts)
        started = time.monotonic()
        assert httpx.get(site.client.base_url.join("/healthz"), trust_env=False).status_code == 200
        assert httpx.get(site.client.base_url.join("/"), trust_env=False).status_code == 200
        assert time.monotonic() - started < 5
    assert {post.result().status_code for post in posts} == {200}
    assert {site.status(email) for email in emails} == {UNSUBSCRIBED}


def test_the_same_link_posted_at_once_unsubscribes_once(site: Site) -> None:
    path, gate = link(site), threading.Barrier(8)

    def post() -> int:
        gate.wait()
        return site.client.post(path).status_code

    with ThreadPoolExecutor(8) as pool:
        assert {each.result() for each in [pool.submit(post) for _ in range(8)]} == {200}
    assert site.status() is UNSUBSCRIBED


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_broken_store_is_a_503_to_be_tried_again(site: Site, method: str) -> None:
    path = link(site)
    with site.publisher.store.write() as tx:
        tx.execute(sa.text("ALTER TABLE subscriber RENAME TO lost"))
    answer = site.client.request(method, path)
    assert answer.status_code == 503
    assert answer.headers["retry-after"]
    assert "Traceback" not in answer.text
    assert "lost" not in answer.text
    assert "请过几分钟再试" in answer.text


def test_a_broken_template_of_the_operators_does_not_keep_anyone_subscribed(
    site: Site, open_site: OpenSite
) -> None:
    folder = site.publisher.config.templates.directory / "pages"
    folder.mkdir(parents=True)
    (folder / "unsubscribed.html").write_text("{{ nobody.knows }}")
    answer = site.client.post(link(site))
    assert answer.status_code == 200
    assert "已退订" in answer.text
    assert site.status() is UNSUBSCRIBED


def test_the_date_of_the_first_unsubscribe_stands(open_site: OpenSite) -> None:
    hours = iter(NOON.replace(hour=hour) for hour in range(4, 24))
    site = open_site(clock=lambda: next(hours))
    site.add("ada@example.test")
    path, dates = link(site), []
    for _ in range(2):
        site.client.post(path)
        with site.publisher.store.read() as tx:
            dates.append(tx.execute(sa.text("SELECT unsubscribed_at FROM subscriber")).scalar_one())
    assert dates[0] == dates[1] is not None
