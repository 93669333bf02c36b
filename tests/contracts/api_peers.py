"""The providers that the contract of `test_transport_api` is tried on: both halves of each dialect."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields

from newsletter.config.transports import (
    BrevoConfig,
    MailgunConfig,
    PostmarkConfig,
    ResendConfig,
    SendgridConfig,
    SesConfig,
    TransportSection,
)
from newsletter.delivery.transports import Result, open_transport
from newsletter.delivery.transports.api import ApiTransport
from newsletter.delivery.transports.api_wire import Timeouts
from newsletter.model import Call, Message

from .api_brevo import Brevo
from .api_mailgun import Mailgun
from .api_postmark import Postmark
from .api_resend import Resend
from .api_sendgrid import Sendgrid
from .api_server import Accepted, ApiServer, Provider, api_server
from .api_ses import ACCESS_KEY_ID, REGION, Ses

KEY = "key-that-nobody-may-see"
IMPATIENT = Timeouts(connect=5, write=5, read=0.5)


@dataclass(frozen=True)
class ApiPeer:
    """Makes the other side, and the configuration that reaches it at an endpoint with a key."""

    provider: Callable[[str], Provider]
    configure: Callable[[str, str], TransportSection]


API_PEERS: dict[str, ApiPeer] = {
    "resend": ApiPeer(
        Resend,
        lambda endpoint, key: TransportSection(
            kind="resend", resend=ResendConfig(api_key=key, endpoint=endpoint)
        ),
    ),
    "postmark": ApiPeer(
        Postmark,
        lambda endpoint, key: TransportSection(
            kind="postmark", postmark=PostmarkConfig(server_token=key, endpoint=endpoint)
        ),
    ),
    "sendgrid": ApiPeer(
        Sendgrid,
        lambda endpoint, key: TransportSection(
            kind="sendgrid", sendgrid=SendgridConfig(api_key=key, endpoint=endpoint)
        ),
    ),
    "ses": ApiPeer(
        Ses,
        lambda endpoint, key: TransportSection(
            kind="ses",
            ses=SesConfig(
                region=REGION, access_key_id=ACCESS_KEY_ID, secret_access_key=key, endpoint=endpoint
            ),
        ),
    ),
    "mailgun": ApiPeer(
        Mailgun,
        lambda endpoint, key: TransportSection(
            kind="mailgun", mailgun=MailgunConfig(api_key=key, domain="papers.test", endpoint=endpoint)
        ),
    ),
    "brevo": ApiPeer(
        Brevo,
        lambda endpoint, key: TransportSection(
            kind="brevo", brevo=BrevoConfig(api_key=key, endpoint=endpoint)
        ),
    ),
}


def reach(name: str, endpoint: str, key: str = KEY) -> ApiTransport:
    """The transport to whoever listens at `endpoint`."""
    transport = open_transport(API_PEERS[name].configure(endpoint, key))
    assert isinstance(transport, ApiTransport)
    return transport


def as_variables(name: str, endpoint: str) -> dict[str, str]:
    """The configuration of the transport for a process of its own."""
    section = getattr(API_PEERS[name].configure(endpoint, KEY), name)
    keys = {each.name: getattr(section, each.name) for each in fields(section)}
    return {f"NEWSLETTER_TRANSPORT__{name}__{key}".upper(): str(value) for key, value in keys.items()}


@contextmanager
def running(name: str) -> Iterator[ApiServer]:
    """The provider's API, listening."""
    with api_server(API_PEERS[name].provider(KEY)) as server:
        yield server


async def submit_to(
    server: ApiServer,
    name: str,
    *messages: Message,
    timeouts: Timeouts = IMPATIENT,
    may_be_repeat: bool = False,
) -> Sequence[Result]:
    """One call, by a transport of its own."""
    async with ApiTransport(reach(name, server.endpoint).dialect, timeouts=timeouts) as transport:
        return await transport.submit(Call.of(messages, may_be_repeat=may_be_repeat))


def as_read(message: Message) -> Accepted:
    """The mail that a reader gets of a message, whatever way it went."""
    fields = {name.lower(): value for name, value in message.headers}
    return Accepted(fields["from"], message.recipient, fields["subject"], message.text, message.html, fields)
