"""How a feed looks in a browser."""

from __future__ import annotations

from newsletter.feeds import STYLE_PATH, build_style, untranslated
from newsletter.model import FeedFormat, Theme, archive_path, combined_feed_path, feed_path


def test_the_style_says_what_a_feed_is_in_the_readers_language() -> None:
    assert b'content:"This is a feed. Give its address to a feed reader' in build_style(untranslated, Theme())
    assert 'content:"这是\\"订阅源\\"\\\\"' in build_style(lambda msgid: '这是"订阅源"\\', Theme()).decode()


def test_every_rule_of_the_style_is_whole() -> None:
    text = build_style(untranslated, Theme()).decode()
    assert text.startswith('@charset "utf-8";')
    assert text.count("{") == text.count("}")
    assert "NOTE" not in text


def test_the_style_stands_above_every_feed() -> None:
    paths = [feed_path(FeedFormat.ATOM), feed_path(FeedFormat.RSS, "a"), archive_path("2025-09")]
    paths.append(combined_feed_path(FeedFormat.ATOM, ["a"]))
    assert all(path.startswith(STYLE_PATH.partition("/")[0] + "/") for path in paths)
