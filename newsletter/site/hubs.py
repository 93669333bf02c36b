"""Tells WebSub hubs which feeds changed (W3C WebSub §7: the publisher's ping).

A ping is a courtesy: it never raises and never holds up the run. Naming the hubs in the feeds is
left to `feeds/`, logging the problems to the caller.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from newsletter.feeds import encode_url
from newsletter.model import FeedFormat, Newsletter

if TYPE_CHECKING:
    import httpx

_ARCHIVES = "feeds/archive/"
_FEED_ENDINGS = tuple(f".{feed_format}" for feed_format in FeedFormat)


def changed_topics(newsletter: Newsletter, written: Iterable[str]) -> tuple[str, ...]:
    """The addresses of the feeds among the paths that `write_site` wrote; nobody subscribes to archives."""
    feeds = (path for path in written if path.endswith(_FEED_ENDINGS) and not path.startswith(_ARCHIVES))
    return tuple(encode_url(newsletter.url(path)) for path in feeds)


def ping_hubs(
    hubs: Iterable[str],
    topic_urls: Iterable[str],
    *,
    timeout: float = 10.0,
    pause: float = 1.0,
) -> list[str]:
    """Posts every topic to every hub; returns one line a problem, for the log.

    A hub that does not answer within `timeout` seconds, or fails itself, is asked once more after
    `pause` seconds and then let be: its other topics would wait as long.
    """
    hubs = tuple(hubs)
    if not hubs:
        return []
    import httpx  # noqa: PLC0415  (most runs have no hub and need no HTTP client)

    topics = tuple(topic_urls)
    problems: list[str] = []
    with httpx.Client(timeout=timeout) as client:
        for hub in hubs:
            problems += _ping_hub(client, hub, topics, pause)
    return problems


@dataclass(frozen=True, slots=True)
class _Refusal:
    """Why a ping failed; `of_hub`: the hub itself is unwell, not the topic unwelcome."""

    reason: str
    of_hub: bool


def _ping_hub(client: httpx.Client, hub: str, topics: tuple[str, ...], pause: float) -> Iterator[str]:
    for told, topic in enumerate(topics):
        refusal = _ping(client, hub, topic)
        if refusal and refusal.of_hub:
            time.sleep(pause)
            refusal = _ping(client, hub, topic)
        if refusal and refusal.of_hub:
            yield f"hub {hub} was not told of {len(topics) - told} changed feeds: {refusal.reason}"
            break
        if refusal:
            yield f"hub {hub} was not told of {topic}: {refusal.reason}"


def _ping(client: httpx.Client, hub: str, topic: str) -> _Refusal | None:
    try:
        answer = client.post(hub, data={"hub.mode": "publish", "hub.url": topic})
    except Exception as error:  # whatever the line or the address does, the run goes on
        return _Refusal(str(error) or type(error).__name__, of_hub=True)
    if answer.is_success:
        return None
    return _Refusal(f"HTTP {answer.status_code}", answer.is_server_error or answer.status_code == 429)
