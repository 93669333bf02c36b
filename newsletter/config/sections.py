"""The one table of configuration keys: a dataclass a section, a field a key.

Each field carries its default, its meaning and its bounds; `load`, `init` and the documentation
read them from here. Relative paths are kept as written; `load` makes them absolute.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from newsletter.config.keys import KeyFacts, key, section
from newsletter.config.transports import TransportSection
from newsletter.model.theme import DARK, LIGHT

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
"""In the order of `date.weekday`."""


@dataclass(frozen=True, slots=True)
class NewsletterSection:
    title: str = key("每日论文", "Shown in mails, pages and feeds.")
    base_url: str = key("https://papers.example.org/", "Where public/ and the web application are reached.")
    language: str = key("zh-CN", "Of the interface words; zh-CN and en come with the package.")
    timezone: str = key("Asia/Shanghai", "The newsletter's day: an IANA time zone.")
    secret_key: str = key("", "Signs the links; empty: made once and kept in the store.", secret=True)


@dataclass(frozen=True, slots=True)
class SenderSection:
    name: str = key("每日论文", "The name in From.")
    address: str = key("digest@papers.example.org", "The address in From, and the envelope sender.")
    reply_to: str = key("", "Reply-To, where answers should go elsewhere.")
    postal_address: str = key("", "In the footer; CAN-SPAM asks for one.")


@dataclass(frozen=True, slots=True)
class DigestSection:
    source: tuple[str, ...] = key(
        ("digests/",),
        'A folder, a file, or an https URL; {date} allowed. Several as a list, ["mine/", "https://…"]: the '
        "papers of one date are merged. The URL may hold a user and a password.",
        secret=True,
        one_or_several=True,
    )
    private_addresses: bool = key(
        False,
        "true: also fetch from private and loopback addresses, and by plain http there.",
    )
    max_age_days: int = key(3, "Older than this is stale: nobody is mailed.", minimum=0, maximum=36_500)
    minimum_papers: int = key(
        1, "A digest with fewer papers is held: nobody is mailed.", minimum=1, maximum=10_000
    )
    hold_below: int = key(
        50, "Held too: fewer papers than this percentage of the usual; 0: never.", minimum=0, maximum=100
    )
    hold_unreadable: int = key(
        20, "Held too: more than this percentage cannot be read; 100: never.", minimum=0, maximum=100
    )


@dataclass(frozen=True, slots=True)
class StoreSection:
    url: str = key("sqlite:///newsletter.db", "sqlite:///FILE; the folder must exist.", secret=True)


@dataclass(frozen=True, slots=True)
class SiteSection:
    out: Path = key(Path("public"), "The folder of pages and feeds.")


@dataclass(frozen=True, slots=True)
class TemplatesSection:
    directory: Path = key(Path("templates"), "Your own templates; they replace ours file by file.")


@dataclass(frozen=True, slots=True)
class MailSection:
    subject: str = key(
        "{title} {date} · {count} · {keywords}", "{title}, {date}, {count} and {keywords} are filled in."
    )
    intro: str = key("", "A line of your own above the papers (inline Markdown).")


@dataclass(frozen=True, slots=True)
class ThemeSection:
    logo: str = key("", "The https address of a picture for the title, in mails and on pages; PNG or JPEG.")
    logo_width: int = key(160, "Its width in pixels.", minimum=16, maximum=560)
    accent: str = key(LIGHT.accent, "The band at the top, and the title.")
    link: str = key(LIGHT.link, "Links.")
    text: str = key(LIGHT.text, "Text.")
    muted: str = key(LIGHT.muted, "What matters less: counts, keywords, the footer.")
    line: str = key(LIGHT.line, "Lines between papers.")
    background: str = key(LIGHT.background, "Behind the text.")
    surround: str = key(LIGHT.surround, "Around the sheet.")
    dark_accent: str = key(DARK.accent, "The same for dark mode.")
    dark_link: str = key(DARK.link, "Links in dark mode.")
    dark_text: str = key(DARK.text, "Text in dark mode.")
    dark_muted: str = key(DARK.muted, "What matters less, in dark mode.")
    dark_line: str = key(DARK.line, "Lines in dark mode.")
    dark_background: str = key(DARK.background, "Behind the text in dark mode.")
    dark_surround: str = key(DARK.surround, "Around the sheet in dark mode.")


@dataclass(frozen=True, slots=True)
class FeedsSection:
    minimum_papers: int = key(
        1, "A keyword with fewer papers gets no feed and no page.", minimum=1, maximum=10_000
    )
    hubs: tuple[str, ...] = key((), "WebSub hubs: named in the feeds, told after each change.")


@dataclass(frozen=True, slots=True)
class KeywordsSection:
    file: Path = key(Path("keywords.toml"), "Your own topics and their spellings; may be absent.")
    groups: str = key(
        "ai", "Topics that come with the package: those of AI research.", choices=("ai", "none")
    )


@dataclass(frozen=True, slots=True)
class DeliverySection:
    on_unknown: str = key(
        "auto",
        "After a crash in mid-call: auto re-offers where a copy is cheap (smtp, file) and holds elsewhere.",
        choices=("auto", "resend", "hold"),
    )
    rate_per_second: int = key(
        0, "Messages a second; 0: as fast as the transport takes them.", minimum=0, maximum=100_000
    )


@dataclass(frozen=True, slots=True)
class DkimSection:
    selector: str = key(
        "", "Names the key within the domain, as `newsletter dkim new` says; empty: unsigned."
    )
    domain: str = key("", "Empty: the sender's; else one above or below it, for DMARC.")
    key_file: Path = key(Path("dkim.pem"), "The private key: RSA, PEM.")
    key: str = key("", "The private key itself, in place of the file.", secret=True)


@dataclass(frozen=True, slots=True)
class ScheduleSection:
    cron: str = key("0 8 * * *", "When the daily job is due, in the newsletter's time zone.")
    week_closes: str = key("sunday", "The last day of the weekly edition.", choices=WEEKDAYS)


@dataclass(frozen=True, slots=True)
class WebSection:
    host: str = key("127.0.0.1", "The address `newsletter serve` listens on.")
    port: int = key(8000, "Its port.", minimum=1, maximum=65535)


@dataclass(frozen=True, slots=True)
class Config:
    """Everything that can be configured. Paths are absolute once loaded."""

    newsletter: NewsletterSection = section(NewsletterSection, "The publication.")
    sender: SenderSection = section(SenderSection, "Who the mail comes from.")
    digest: DigestSection = section(DigestSection, "Where the digest comes from.")
    store: StoreSection = section(StoreSection, "Where everything is kept.")
    site: SiteSection = section(SiteSection, "The public files.")
    templates: TemplatesSection = section(TemplatesSection, "How mails and pages look.")
    theme: ThemeSection = section(
        ThemeSection, "Colours and logo of mails, pages and feeds; text is 4.5:1 on what lies behind it."
    )
    mail: MailSection = section(MailSection, "The words of the mail.")
    feeds: FeedsSection = section(FeedsSection, "The feeds.")
    keywords: KeywordsSection = section(KeywordsSection, "The vocabulary.")
    transport: TransportSection = section(TransportSection, "Who takes the mail.")
    delivery: DeliverySection = section(DeliverySection, "How mail is handed over.")
    dkim: DkimSection = section(
        DkimSection, "Signs mails here; leave it empty where the mail server or provider signs."
    )
    schedule: ScheduleSection = section(ScheduleSection, "The daily job.")
    web: WebSection = section(WebSection, "The web application.")


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
    for part in fields(kind):
        if part.default_factory is None or not isinstance(part.default_factory, type):
            continue
        name, inner = prefix + part.name, part.default_factory
        keys = tuple(
            Key(f"{name}.{each.name}", each.default, each.metadata["facts"])
            for each in fields(inner)
            if not isinstance(each.default_factory, type)
        )
        tables.append(Table(name, part.metadata["facts"].doc, keys))
        tables += _tables(inner, name + ".")
    return tables
