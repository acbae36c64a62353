"""A real SMTP server that notes what it is sent, and answers as a test tells it to."""

import asyncio
import email
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.policy import default
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from tests.ports import free_port


@dataclass
class MailServer:
    """What it says and what it got.

    Attributes:
        says: its answer to a recipient instead of yes, as often as the list is long; by address.
        to_data, to_sender: what it says to the next mails, or senders, instead of yes.
        pause_s: how long it thinks about each recipient.
        mails: what it took, each with the recipients it was for; `raw`: byte for byte.
    """

    port: int = 0
    says: dict[str, list[str]] = field(default_factory=dict)
    to_sender: list[str] = field(default_factory=list)
    to_data: list[str] = field(default_factory=list)
    pause_s: float = 0.0
    mails: list[tuple[tuple[str, ...], EmailMessage]] = field(default_factory=list)
    raw: list[bytes] = field(default_factory=list)

    async def handle_MAIL(  # noqa: N802  named so by aiosmtpd
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.to_sender:
            return self.to_sender.pop(0)
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 OK"

    async def handle_RCPT(  # noqa: N802  named so by aiosmtpd
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        await asyncio.sleep(self.pause_s)
        if answers := self.says.get(address):
            return answers.pop(0)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(  # noqa: N802  likewise
        self, _server: SMTP, _session: Session, envelope: Envelope
    ) -> str:
        if self.to_data:
            return self.to_data.pop(0)
        content = envelope.content
        assert isinstance(content, bytes)
        self.raw.append(content)
        parsed = email.message_from_bytes(content, policy=default)
        assert isinstance(parsed, EmailMessage)
        self.mails.append((tuple(envelope.rcpt_tos), parsed))
        return "250 OK"


@contextmanager
def serving(server: MailServer, **options: Any) -> Iterator[MailServer]:
    """It listens meanwhile; options are aiosmtpd's."""
    server.port = free_port()
    controller = Controller(server, hostname="127.0.0.1", port=server.port, **options)
    controller.start()
    try:
        yield server
    finally:
        controller.stop()
