"""Runs the checks at once, each in a thread of its own, and waits for none beyond the deadline."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from newsletter.config import Config
from newsletter.daemons import start
from newsletter.daily.doctor import digest, dns, local, reach, stored
from newsletter.daily.doctor.findings import Area, Examination, Finding, explain, warn, wrong
from newsletter.errors import ConfigError, NewsletterError
from newsletter.model import Clock

DEADLINE = 18.0
"""Seconds for all checks together."""


@dataclass(frozen=True, slots=True)
class Check:
    """`look` raises NewsletterError for what is wrong."""

    name: str
    look: Callable[[], Iterable[Finding]]


def examine(
    config: Config,
    clock: Clock,
    *,
    config_file: Path | None,
    environment: Mapping[str, str],
    name_servers: Sequence[str] = (),
    seconds: float = DEADLINE,
) -> Examination:
    """Looks at everything; `environment` are the variables that the configuration was read with,
    `name_servers` (`address` or `address:port`) are asked instead of the system's.

    Raises ConfigError for a name server that is none.
    """
    checks = list_checks(
        config, clock, config_file=config_file, environment=environment, name_servers=name_servers
    )
    return run_checks(checks, seconds)


def list_checks(
    config: Config,
    clock: Clock,
    *,
    config_file: Path | None,
    environment: Mapping[str, str],
    name_servers: Sequence[str],
) -> list[Check]:
    """All of them, in the order in which they are told."""
    resolver = dns.open_resolver(name_servers)
    store = stored.look_at_store(config)
    return [
        Check("configuration", partial(local.look_at_file, config_file)),
        Check("addresses", partial(local.look_at_addresses, config)),
        Check("postal address", partial(local.look_at_postal_address, config)),
        Check("secrets", partial(local.look_at_secrets, config, config_file, environment)),
        Check("templates", partial(local.look_at_templates, config)),
        Check("topics", partial(local.look_at_topics, config)),
        Check("store", lambda: store.findings),
        Check("subscribers", partial(stored.look_at_subscribers, store)),
        Check("deliveries", partial(stored.look_at_deliveries, store)),
        Check("editions", partial(stored.look_at_editions, store)),
        Check("site", partial(local.look_at_site, config)),
        Check("disk", partial(local.look_at_disks, config)),
        Check("digest", partial(digest.look_at_digest, config, clock, store)),
        Check("transport", partial(reach.look_at_transport, config)),
        Check("fallback", partial(reach.look_at_fallback, config)),
        Check("base_url", partial(reach.look_at_base_url, config, stored.find_key(config, store))),
        *(Check(name, look) for name, look in dns.list_looks(config, resolver)),
    ]


def run_checks(checks: Sequence[Check], seconds: float) -> Examination:
    """At once; one that takes longer than `seconds` is a warning."""
    return Examination(tuple(_run_at_once(checks, seconds)))


def refuse_configuration(error: ConfigError) -> Examination:
    """Of a configuration that cannot be read nothing else can be looked at."""
    return Examination(tuple(explain("configuration", error)))


def _run_at_once(checks: Sequence[Check], seconds: float) -> Iterable[Finding]:
    deadline = time.monotonic() + seconds
    running = [(check, start(partial(_find, check))) for check in checks]
    for check, future in running:
        try:
            yield from future.result(max(0.0, deadline - time.monotonic()))
        except TimeoutError:
            yield warn(check.name, f"not looked at: no answer within {seconds:g} s", "try again later")


def _find(check: Check) -> list[Finding]:
    try:
        return list(check.look())
    except NewsletterError as error:
        return explain(check.name, error)
    except OSError as error:
        fix = "check the disk, the folder and the rights"
        return [wrong(check.name, f"{error.filename or ''} {error.strerror}".strip(), fix, Area.STORE)]
