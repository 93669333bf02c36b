"""public/ over HTTP: what is served, as what, and what never is."""

from __future__ import annotations

import gzip
import http.client
import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from newsletter.site import PublicFile, PublicRank, write_site
from newsletter.web.static import CONTENT_TYPES
from tests.web.conftest import OpenSite, Site

LONG = b"<p>" + "论文".encode() * 1000


def get_raw(site: Site, target: str) -> tuple[int, bytes]:
    """GET exactly this target: httpx would tidy it up first."""
    connection = http.client.HTTPConnection("127.0.0.1", site.port, timeout=10)
    try:
        connection.putrequest("GET", target, skip_host=False)
        connection.endheaders()
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def test_a_folder_shows_its_index(site: Site) -> None:
    site.write("index.html", b"front")
    site.write("editions/2025-09-24/index.html", b"edition")
    assert site.client.get("/").text == "front"
    assert site.client.get("/editions/2025-09-24/").text == "edition"
    assert site.client.get("/editions/2025-09-24/index.html").text == "edition"


def test_a_folder_without_its_slash_leads_to_the_one_with_it(site: Site) -> None:
    site.write("editions/2025-09-24/index.html", b"edition")
    answer = site.client.get("/editions/2025-09-24")
    assert answer.status_code == 301
    assert answer.headers["location"] == "./2025-09-24/"
    assert site.client.get("/editions/2025-09-24", follow_redirects=True).text == "edition"


@pytest.mark.parametrize(("ending", "content_type"), CONTENT_TYPES.items())
def test_every_public_file_has_its_type_and_its_charset(site: Site, ending: str, content_type: str) -> None:
    site.write(f"feeds/all{ending}", b"x")
    assert site.client.get(f"/feeds/all{ending}").headers["content-type"] == content_type
    assert content_type.endswith("; charset=utf-8")


@pytest.mark.parametrize("ending", ["atom", "rss"])
def test_a_browser_gets_a_feed_as_xml_so_that_its_style_shows(site: Site, ending: str) -> None:
    site.write(f"feeds/all.{ending}", LONG)
    browser = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8"
    shown = site.client.get(f"/feeds/all.{ending}", headers={"Accept": browser})
    assert shown.headers["content-type"] == "application/xml; charset=utf-8"
    reader = f"application/{ending}+xml, text/html;q=0.5"
    read = site.client.get(f"/feeds/all.{ending}", headers={"Accept": reader})
    assert read.headers["content-type"] == f"application/{ending}+xml; charset=utf-8"
    kept = site.client.get(f"/feeds/all.{ending}", headers={"If-None-Match": read.headers["etag"]})
    assert kept.status_code == 304
    assert shown.headers["vary"] == read.headers["vary"] == kept.headers["vary"] == "Accept, Accept-Encoding"


def test_a_file_that_an_operator_laid_there_has_its_usual_type(site: Site) -> None:
    site.write("logo.png", b"\x89PNG")
    site.write("strange.zzz", b"?")
    assert site.client.get("/logo.png").headers["content-type"] == "image/png"
    assert site.client.get("/strange.zzz").headers["content-type"] == "application/octet-stream"


def test_pages_forbid_foreign_scripts_and_frames(site: Site) -> None:
    site.write("index.html")
    headers = site.client.get("/").headers
    policy = headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; style-src 'self' 'unsafe-inline'")
    assert "script-src 'sha256-" in policy  # the one script of ours, by its hash
    assert "frame-ancestors 'none'" in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["cache-control"] == "public, max-age=300"
    assert "server" not in headers


def test_the_logo_may_come_from_where_it_lies_and_nothing_else(open_site: OpenSite) -> None:
    policy = (
        open_site(THEME__LOGO="https://pictures.test:8443/a.png")
        .client.get("/")
        .headers["content-security-policy"]
    )
    assert "img-src 'self' data: https://pictures.test:8443; script-src" in policy


@pytest.mark.parametrize("coding", ["gzip", "identity"])
def test_head_has_the_headers_of_get(site: Site, coding: str) -> None:
    site.write("feeds/all.atom", LONG)
    asking = {"Accept-Encoding": coding}
    get = site.client.get("/feeds/all.atom", headers=asking)
    head = site.client.head("/feeds/all.atom", headers=asking)
    assert not head.content
    del get.headers["date"], head.headers["date"]
    assert get.headers == head.headers


def test_what_is_long_is_compressed_for_whoever_can_read_it(site: Site) -> None:
    site.write("feeds/all.atom", LONG)
    plain = site.client.get("/feeds/all.atom", headers={"Accept-Encoding": "identity"})
    packed = site.client.get("/feeds/all.atom", headers={"Accept-Encoding": "gzip"})
    assert packed.headers["content-encoding"] == "gzip"
    assert int(packed.headers["content-length"]) < len(gzip.compress(LONG)) + 50
    assert plain.content == packed.content == LONG
    assert plain.headers["vary"] == packed.headers["vary"] == "Accept, Accept-Encoding"
    # One tag for both bodies must be a weak one (RFC 9110 §8.8.1).
    assert plain.headers["etag"] == packed.headers["etag"]
    assert plain.headers["etag"].startswith('W/"')


@pytest.mark.parametrize(
    "shape", ["W/{0}", "{0}", "{1}-gzip", "W/{1}-gzip", '"other", {0}', "*", "{2}", 'W/"x",W/{0}']
)
def test_a_reader_that_has_this_version_gets_304(site: Site, shape: str) -> None:
    site.write("feeds/all.atom", LONG)
    first = site.client.get("/feeds/all.atom")
    bare = first.headers["etag"].removeprefix("W/")
    gzipped, naked = bare[:-1], bare.strip('"')
    tag = shape.format(bare, gzipped, naked).replace("-gzip", '-gzip"')
    again = site.client.get("/feeds/all.atom", headers={"If-None-Match": tag})
    assert again.status_code == 304
    assert not again.content
    for name in ("etag", "last-modified", "cache-control", "vary"):
        assert again.headers[name] == first.headers[name]


def test_another_tag_gets_the_file_whatever_its_date(site: Site) -> None:
    site.write("feeds/all.atom", LONG)
    date = site.client.get("/feeds/all.atom").headers["last-modified"]
    asking = {"If-None-Match": '"other"', "If-Modified-Since": date}
    assert site.client.get("/feeds/all.atom", headers=asking).status_code == 200


@pytest.mark.parametrize(
    ("since", "status"),
    [
        ("Wed, 24 Sep 2025 04:00:00 GMT", 304),
        ("Wed, 24 Sep 2025 04:00:00 -0000", 304),
        ("Thu, 25 Sep 2025 04:00:00 GMT", 304),
        ("Wed, 24 Sep 2025 03:59:59 GMT", 200),
        ("yesterday", 200),
        ("Wed, 24 Sep 99999999999999999999 04:00:00 GMT", 200),
    ],
)
def test_a_reader_may_ask_by_date(site: Site, since: str, status: int) -> None:
    file = site.write("feeds/all.atom", LONG)
    moment = datetime(2025, 9, 24, 4, tzinfo=UTC).timestamp() + 0.25
    os.utime(file, (moment, moment))
    answer = site.client.get("/feeds/all.atom", headers={"If-Modified-Since": since})
    assert answer.status_code == status
    assert answer.headers["last-modified"] == "Wed, 24 Sep 2025 04:00:00 GMT"


def test_a_new_version_has_a_new_tag(site: Site) -> None:
    write_site(site.publisher.out, [PublicFile("feeds/all.atom", b"one", PublicRank.ALL_FEED)])
    before = site.client.get("/feeds/all.atom")
    write_site(site.publisher.out, [PublicFile("feeds/all.atom", b"two", PublicRank.ALL_FEED)])
    after = site.client.get("/feeds/all.atom", headers={"If-None-Match": before.headers["etag"]})
    assert after.status_code == 200
    assert after.text == "two"


ODD_TARGETS = [
    "/../secret.txt",
    "/..%2fsecret.txt",
    "/%2e%2e/secret.txt",
    "/%2e%2e%2fsecret.txt",
    "/feeds/../../secret.txt",
    "/feeds/%2e%2e/%2e%2e/secret.txt",
    "/..%5csecret.txt",
    "/feeds\\..\\..\\secret.txt",
    "/feeds/..%5c..%5csecret.txt",
    "/{outside}",
    "//{outside}",
    "/%2f{outside}",
    "/feeds/%2f{outside}",
    "/./feeds/all.atom",
    "/feeds/./all.atom",
    "/feeds//all.atom",
    "/feeds/all.atom/",
    "/feeds/all.atom/index.html",
    "/feeds/all.atom%00",
    "/feeds/all.atom%00.html",
    "/link.txt",
    "/linked/secret.txt",
    "/loop",
    "/" + "a" * 300,
    "/" + "a/" * 3000,
    "/%ff%fe",
    "/nothing",
    "/feeds/",
    "/fifo",
]


def test_nothing_outside_public_and_nothing_odd_is_served(site: Site, tmp_path: Path) -> None:
    site.write("feeds/all.atom", b"feed")
    secret = tmp_path / "secret.txt"
    secret.write_bytes(b"SECRET")
    out = site.publisher.out
    (out / "link.txt").symlink_to(secret)
    (out / "linked").symlink_to(tmp_path)
    (out / "loop").symlink_to("loop")
    os.mkfifo(out / "fifo")
    answers = {target: get_raw(site, target.format(outside=str(secret)[1:])) for target in ODD_TARGETS}
    assert {target: status for target, (status, _) in answers.items() if status != 404} == {}
    assert not any(b"SECRET" in body for _, body in answers.values())


@pytest.mark.parametrize("path", [".index.html.newsletter-part", ".git/config", "feeds/.hidden.atom"])
def test_hidden_files_are_never_served(site: Site, path: str) -> None:
    site.write(path)
    assert site.client.get(f"/{path}").status_code == 404


def test_a_public_folder_that_is_a_link_itself_is_served(site: Site, tmp_path: Path) -> None:
    (tmp_path / "release").mkdir()
    site.publisher.out.symlink_to(tmp_path / "release")
    site.write("index.html", b"front")
    assert site.client.get("/").text == "front"


def test_a_missing_page_is_a_small_one_in_the_newsletters_language(site: Site) -> None:
    answer = site.client.get("/nothing")
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert '<html lang="zh-CN">' in answer.text
    assert "这个地址没有页面" in answer.text


def test_a_missing_public_folder_is_no_failure(site: Site) -> None:
    assert not site.publisher.out.exists()
    assert site.client.get("/").status_code == 404


def test_public_files_are_only_read(site: Site) -> None:
    site.write("index.html")
    answer = site.client.post("/")
    assert answer.status_code == 405
    assert set(answer.headers["allow"].split(", ")) == {"GET", "HEAD"}


def test_a_disk_that_fails_is_a_503(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    site.write("index.html")

    def fail(_path: object, *_arguments: object) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(Path, "open", fail)
    answer = site.client.get("/")
    monkeypatch.undo()
    assert answer.status_code == 503
