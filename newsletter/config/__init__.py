"""newsletter.toml + NEWSLETTER_* variables + *_FILE secrets → one frozen `Config`.

`sections` is the one table of keys: it feeds validation, `newsletter init` and the docs.
`load` reads it and reports every problem at once; `judge` says whether the values make sense,
`theme` makes one look of its colours, and `urls` brings addresses into ASCII.
"""

from newsletter.config.judge import check_public_addresses, is_example_host
from newsletter.config.load import load_config
from newsletter.config.sections import Config
from newsletter.config.theme import read_theme
from newsletter.config.transports import SmtpConfig
from newsletter.config.urls import is_loopback

__all__ = [
    "Config",
    "SmtpConfig",
    "check_public_addresses",
    "is_example_host",
    "is_loopback",
    "load_config",
    "read_theme",
]
