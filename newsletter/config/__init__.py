"""newsletter.toml + NEWSLETTER_* variables + *_FILE secrets → one frozen `Config`.

`sections` is the one table of keys: it feeds validation, `newsletter init` and the docs.
`load` reads and checks it, and reports every problem at once.
"""

from newsletter.config.load import check_public_addresses, load_config
from newsletter.config.sections import Config, SmtpConfig

__all__ = ["Config", "SmtpConfig", "check_public_addresses", "load_config"]
