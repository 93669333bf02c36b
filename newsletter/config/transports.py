"""`[transport]` and its sections: one for each transport, named as its file in `delivery/transports/`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from newsletter.config.keys import key, section


@dataclass(frozen=True, slots=True)
class FileConfig:
    directory: Path = key(Path("outbox"), "Each mail becomes <delivery id>.eml here.")


@dataclass(frozen=True, slots=True)
class SmtpConfig:
    host: str = key("localhost", "The server that takes the mail.")
    port: int = key(25, "Usually 25, 465 (tls) or 587 (starttls).", minimum=1, maximum=65535)
    security: str = key("starttls", "Certificates are always checked.", choices=("starttls", "tls", "none"))
    username: str = key("", "Empty: no login.")
    password: str = key("", "Never shown; better as a variable or a *_FILE.", secret=True)
    login: str = key(
        "password",
        "xoauth2: the password is an OAuth 2 access token (Gmail, Outlook).",
        choices=("password", "xoauth2"),
    )
    connections: int = key(10, "How many are open at once, with two mails each.", minimum=1, maximum=100)


@dataclass(frozen=True, slots=True)
class ResendConfig:
    api_key: str = key("", "Of resend.com/api-keys; better as a variable or a *_FILE.", secret=True)
    endpoint: str = key("https://api.resend.com", "Where its API is reached.")
    connections: int = key(2, "How many calls are in flight at once.", minimum=1, maximum=50)


@dataclass(frozen=True, slots=True)
class PostmarkConfig:
    server_token: str = key("", "Of the server's API Tokens; better as a variable or a *_FILE.", secret=True)
    message_stream: str = key("broadcast", "A stream of type Broadcasts, its unsubscribe handling: custom.")
    endpoint: str = key("https://api.postmarkapp.com", "Where its API is reached.")
    connections: int = key(2, "How many calls are in flight at once.", minimum=1, maximum=50)


@dataclass(frozen=True, slots=True)
class SendgridConfig:
    api_key: str = key("", "With Mail Send access; better as a variable or a *_FILE.", secret=True)
    endpoint: str = key("https://api.sendgrid.com", "Or https://api.eu.sendgrid.com for subusers in the EU.")
    connections: int = key(4, "How many calls are in flight at once.", minimum=1, maximum=50)


@dataclass(frozen=True, slots=True)
class SesConfig:
    region: str = key("", "Such as eu-central-1.")
    access_key_id: str = key("", "Empty: what the AWS tools of this machine use (variables, profile, role).")
    secret_access_key: str = key("", "Goes with it; better as a variable or a *_FILE.", secret=True)
    session_token: str = key("", "Of temporary credentials.", secret=True)
    configuration_set: str = key("", "Names the SES configuration set, where one is used.")
    endpoint: str = key("", "Empty: SES of the region.")
    connections: int = key(10, "How many calls are in flight at once.", minimum=1, maximum=100)


@dataclass(frozen=True, slots=True)
class MailgunConfig:
    api_key: str = key("", "A sending key of the domain; better as a variable or a *_FILE.", secret=True)
    domain: str = key("", "The sending domain; empty: the domain of [sender] address.")
    endpoint: str = key("https://api.mailgun.net", "Or https://api.eu.mailgun.net for domains in the EU.")
    connections: int = key(4, "How many calls are in flight at once.", minimum=1, maximum=50)


@dataclass(frozen=True, slots=True)
class BrevoConfig:
    api_key: str = key("", "Of SMTP & API; better as a variable or a *_FILE.", secret=True)
    endpoint: str = key("https://api.brevo.com", "Where its API is reached.")
    connections: int = key(2, "How many calls are in flight at once.", minimum=1, maximum=50)


PROVIDERS = ("resend", "postmark", "sendgrid", "ses", "mailgun", "brevo")
"""Transports that speak to the API of a provider, each with an `endpoint`."""

KINDS = ("file", "smtp", *PROVIDERS)
"""The names of the transports, in code, configuration, ledger and documentation."""


@dataclass(frozen=True, slots=True)
class TransportSection:
    kind: str = key("file", "How mail is handed over.", choices=KINDS)
    fallback: str = key(
        "",
        "Takes over while the first is misconfigured or down.",
        choices=("", *KINDS[1:]),
    )
    file: FileConfig = section(FileConfig, "Writes mails into a folder: nobody is mailed.")
    smtp: SmtpConfig = section(SmtpConfig, "Hands mails to an SMTP server.")
    resend: ResendConfig = section(ResendConfig, "Hands mails to Resend's API.")
    postmark: PostmarkConfig = section(PostmarkConfig, "Hands mails to Postmark's API.")
    sendgrid: SendgridConfig = section(SendgridConfig, "Hands mails to SendGrid's API.")
    ses: SesConfig = section(SesConfig, "Hands mails to Amazon SES; needs the extra `ses`.")
    mailgun: MailgunConfig = section(MailgunConfig, "Hands mails to Mailgun's API.")
    brevo: BrevoConfig = section(BrevoConfig, "Hands mails to Brevo's API.")
