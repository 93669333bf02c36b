"""The one table of configuration keys: a dataclass a section, a field a key.

Each field carries its default, its meaning and its bounds; `load`, `init` and the documentation
read them from here. Relative paths are kept as written; `load` makes them absolute.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from newsletter.model.theme import DARK, LIGHT

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
"""In the order of `date.weekday`."""


@dataclass(frozen=True, slots=True)
class KeyFacts:
    """What is known of a key besides its type and default."""

    doc: str
    secret: bool = False
    one_or_several: bool = False
    """A list that may be written as one text; in a variable, several are a JSON list."""
    choices: tuple[str, ...] = ()
    minimum: int | None = None
    maximum: int | None = None


def _key(
    default: Any,
    doc: str,
    *,
    secret: bool = False,
    one_or_several: bool = False,
    choices: tuple[str, ...] = (),
    minimum: int | None = None,
    maximum: int | None = None,
) -> Any:
    facts = KeyFacts(doc, secret, one_or_several, choices, minimum, maximum)
    return field(default=default, repr=not secret, metadata={"facts": facts})


def _section(kind: type[Any], doc: str) -> Any:
    return field(default_factory=kind, metadata={"facts": KeyFacts(doc)})


@dataclass(frozen=True, slots=True)
class NewsletterSection:
    title: str = _key("每日论文", "Shown in mails, pages and feeds.")
    base_url: str = _key("https://papers.example.org/", "Where public/ and the web application are reached.")
    language: str = _key("zh-CN", "Of the interface words; zh-CN and en come with the package.")
    timezone: str = _key("Asia/Shanghai", "The newsletter's day: an IANA time zone.")
    secret_key: str = _key("", "Signs the links; empty: made once and kept in the store.", secret=True)


@dataclass(frozen=True, slots=True)
class SenderSection:
    name: str = _key("每日论文", "The name in From.")
    address: str = _key("digest@papers.example.org", "The address in From, and the envelope sender.")
    reply_to: str = _key("", "Reply-To, where answers should go elsewhere.")
    postal_address: str = _key("", "In the footer; CAN-SPAM asks for one.")


@dataclass(frozen=True, slots=True)
class DigestSection:
    source: tuple[str, ...] = _key(
        ("digests/",),
        'A folder, a file, or an https URL; {date} allowed. Several as a list, ["mine/", "https://…"]: the '
        "papers of one date are merged. The URL may hold a user and a password.",
        secret=True,
        one_or_several=True,
    )
    private_addresses: bool = _key(
        False,
        "true: also fetch from private and loopback addresses, and by plain http there.",
    )
    max_age_days: int = _key(3, "Older than this is stale: nobody is mailed.", minimum=0, maximum=36_500)
    minimum_papers: int = _key(
        1, "A digest with fewer papers is held: nobody is mailed.", minimum=1, maximum=10_000
    )
    hold_below: int = _key(
        50, "Held too: fewer papers than this percentage of the usual; 0: never.", minimum=0, maximum=100
    )
    hold_unreadable: int = _key(
        20, "Held too: more than this percentage cannot be read; 100: never.", minimum=0, maximum=100
    )


@dataclass(frozen=True, slots=True)
class StoreSection:
    url: str = _key("sqlite:///newsletter.db", "sqlite:///FILE; the folder must exist.", secret=True)


@dataclass(frozen=True, slots=True)
class SiteSection:
    out: Path = _key(Path("public"), "The folder of pages and feeds.")


@dataclass(frozen=True, slots=True)
class TemplatesSection:
    directory: Path = _key(Path("templates"), "Your own templates; they replace ours file by file.")


@dataclass(frozen=True, slots=True)
class MailSection:
    subject: str = _key(
        "{title} {date} · {count} · {keywords}", "{title}, {date}, {count} and {keywords} are filled in."
    )
    intro: str = _key("", "A line of your own above the papers (inline Markdown).")


@dataclass(frozen=True, slots=True)
class ThemeSection:
    logo: str = _key("", "The https address of a picture for the title, in mails and on pages; PNG or JPEG.")
    logo_width: int = _key(160, "Its width in pixels.", minimum=16, maximum=560)
    accent: str = _key(LIGHT.accent, "The band at the top, and the title.")
    link: str = _key(LIGHT.link, "Links.")
    text: str = _key(LIGHT.text, "Text.")
    muted: str = _key(LIGHT.muted, "What matters less: counts, keywords, the footer.")
    line: str = _key(LIGHT.line, "Lines between papers.")
    background: str = _key(LIGHT.background, "Behind the text.")
    surround: str = _key(LIGHT.surround, "Around the sheet.")
    dark_accent: str = _key(DARK.accent, "The same for dark mode.")
    dark_link: str = _key(DARK.link, "Links in dark mode.")
    dark_text: str = _key(DARK.text, "Text in dark mode.")
    dark_muted: str = _key(DARK.muted, "What matters less, in dark mode.")
    dark_line: str = _key(DARK.line, "Lines in dark mode.")
    dark_background: str = _key(DARK.background, "Behind the text in dark mode.")
    dark_surround: str = _key(DARK.surround, "Around the sheet in dark mode.")


@dataclass(frozen=True, slots=True)
class FeedsSection:
    minimum_papers: int = _key(
        1, "A keyword with fewer papers gets no feed and no page.", minimum=1, maximum=10_000
    )
    hubs: tuple[str, ...] = _key((), "WebSub hubs: named in the feeds, told after each change.")


@dataclass(frozen=True, slots=True)
class KeywordsSection:
    file: Path = _key(Path("keywords.toml"), "Your own topics and their spellings; may be absent.")
    groups: str = _key(
        "ai", "Topics that come with the package: those of AI research.", choices=("ai", "none")
    )


@dataclass(frozen=True, slots=True)
class FileConfig:
    directory: Path = _key(Path("outbox"), "Each mail becomes <delivery id>.eml here.")


@dataclass(frozen=True, slots=True)
class SmtpConfig:
    host: str = _key("localhost", "The server that takes the mail.")
    port: int = _key(25, "Usually 25, 465 (tls) or 587 (starttls).", minimum=1, maximum=65535)
    security: str = _key("starttls", "Certificates are always checked.", choices=("starttls", "tls", "none"))
    username: str = _key("", "Empty: no login.")
    password: str = _key("", "Never shown; better as a variable or a *_FILE.", secret=True)
    login: str = _key(
        "password",
        "xoauth2: the password is an OAuth 2 access token (Gmail, Outlook).",
        choices=("password", "xoauth2"),
    )
    connections: int = _key(10, "How many are open at once.", minimum=1, maximum=100)


@dataclass(frozen=True, slots=True)
class TransportSection:
    kind: str = _key("file", "How mail is handed over.", choices=("file", "smtp"))
    file: FileConfig = _section(FileConfig, "Writes mails into a folder: nobody is mailed.")
    smtp: SmtpConfig = _section(SmtpConfig, "Hands mails to an SMTP server.")


@dataclass(frozen=True, slots=True)
class DeliverySection:
    on_unknown: str = _key(
        "auto",
        "After a crash in mid-call: auto re-offers where a copy is cheap (smtp, file) and holds elsewhere.",
        choices=("auto", "resend", "hold"),
    )
    rate_per_second: int = _key(
        0, "Messages a second; 0: as fast as the transport takes them.", minimum=0, maximum=100_000
    )


@dataclass(frozen=True, slots=True)
class DkimSection:
    selector: str = _key(
        "", "Names the key within the domain, as `newsletter dkim new` says; empty: unsigned."
    )
    domain: str = _key("", "Empty: the sender's; else one above or below it, for DMARC.")
    key_file: Path = _key(Path("dkim.pem"), "The private key: RSA, PEM.")
    key: str = _key("", "The private key itself, in place of the file.", secret=True)


@dataclass(frozen=True, slots=True)
class ScheduleSection:
    cron: str = _key("0 8 * * *", "When the daily job is due, in the newsletter's time zone.")
    week_closes: str = _key("sunday", "The last day of the weekly edition.", choices=WEEKDAYS)


@dataclass(frozen=True, slots=True)
class WebSection:
    host: str = _key("127.0.0.1", "The address `newsletter serve` listens on.")
    port: int = _key(8000, "Its port.", minimum=1, maximum=65535)


@dataclass(frozen=True, slots=True)
class Config:
    """Everything that can be configured. Paths are absolute once loaded."""

    newsletter: NewsletterSection = _section(NewsletterSection, "The publication.")
    sender: SenderSection = _section(SenderSection, "Who the mail comes from.")
    digest: DigestSection = _section(DigestSection, "Where the digest comes from.")
    store: StoreSection = _section(StoreSection, "Where everything is kept.")
    site: SiteSection = _section(SiteSection, "The public files.")
    templates: TemplatesSection = _section(TemplatesSection, "How mails and pages look.")
    theme: ThemeSection = _section(
        ThemeSection, "Colours and logo of mails, pages and feeds; text is 4.5:1 on what lies behind it."
    )
    mail: MailSection = _section(MailSection, "The words of the mail.")
    feeds: FeedsSection = _section(FeedsSection, "The feeds.")
    keywords: KeywordsSection = _section(KeywordsSection, "The vocabulary.")
    transport: TransportSection = _section(TransportSection, "Who takes the mail.")
    delivery: DeliverySection = _section(DeliverySection, "How mail is handed over.")
    dkim: DkimSection = _section(
        DkimSection, "Signs mails here; leave it empty where the mail server or provider signs."
    )
    schedule: ScheduleSection = _section(ScheduleSection, "The daily job.")
    web: WebSection = _section(WebSection, "The web application.")


@dataclass(frozen=True, slots=True)
class Key:
    """One key: its dotted name, its default, and the facts of its field."""

    name: str
    default: Any
    facts: KeyFacts

    @property
    def written_default(self) -> Any:
        """The default as a person would write it."""
        return self.default[0] if self.facts.one_or_several and len(self.default) == 1 else self.default

    @property
    def variable(self) -> str:
        """`transport.smtp.host` → `NEWSLETTER_TRANSPORT__SMTP__HOST`."""
        return "NEWSLETTER_" + self.name.upper().replace(".", "__")


@dataclass(frozen=True, slots=True)
class Table:
    """One [section] of the file with its keys, in the order of the file."""

    name: str
    doc: str
    keys: tuple[Key, ...]


def all_tables() -> tuple[Table, ...]:
    """Every section with its keys, nested sections after their parents."""
    return tuple(_tables(Config, ""))


def _tables(kind: type[Any], prefix: str) -> list[Table]:
    tables: list[Table] = []
    for section in fields(kind):
        if section.default_factory is None or not isinstance(section.default_factory, type):
            continue
        name, inner = prefix + section.name, section.default_factory
        keys = tuple(
            Key(f"{name}.{key.name}", key.default, key.metadata["facts"])
            for key in fields(inner)
            if not isinstance(key.default_factory, type)
        )
        tables.append(Table(name, section.metadata["facts"].doc, keys))
        tables += _tables(inner, name + ".")
    return tables
