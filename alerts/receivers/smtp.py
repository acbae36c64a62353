"""Mail, by a mail server of yours (SMTP, RFC 5321)."""

import hashlib
import math
import re
import smtplib
import ssl
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, localtime, parseaddr

import structlog

from alerts.notification import Notification
from alerts.receivers.options import Options
from alerts.receivers.receiver import PermanentFailureError, TemporaryFailureError

log = structlog.get_logger()

#: The usual ports.
_PORTS: Mapping[str, int] = {"starttls": 587, "tls": 465, "none": 25}

_PERMANENT = 500
_NOT_AVAILABLE = 421

#: A conversation has a dozen steps, but takes at most this many full waits.
_FULL_WAITS = 4

#: Half-delivered messages that are remembered; more at once means that more is wrong than a repeated mail.
_MOST_REMEMBERED = 1000

#: Plain addresses only: what needs quotes or is not ASCII, many servers refuse.
_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_ADDRESS = re.compile(rf"{_ATOM}(?:\.{_ATOM})*@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*")


@dataclass(frozen=True, slots=True)
class Server:
    """Where mail is handed in; `tls` is starttls, tls or none. Without a user nobody logs in."""

    host: str
    port: int
    tls: str
    user: str | None
    password: str = field(repr=False)
    timeout_s: float


def letter(notification: Notification, sender: Address, to: Sequence[str]) -> EmailMessage:
    """The mail. A repetition has the same Message-ID; all mails of one incident refer to the same, so they thread."""
    message = EmailMessage(policy=SMTP)
    message["From"] = sender
    message["To"] = ", ".join(to)
    message["Subject"] = " ".join(notification.subject.split())
    message["Date"] = format_datetime(localtime())
    message["Message-ID"] = _message_id("key", notification.key, sender.domain)
    thread = _message_id("incident", notification.incident, sender.domain)
    message["In-Reply-To"] = thread
    message["References"] = thread
    # So that absence notes do not answer.
    message["Auto-Submitted"] = "auto-generated"
    # Plain ASCII on the wire: every server takes that.
    message.set_content(notification.text, cte="quoted-printable")
    return message


class SmtpReceiver:
    """Mails to one or more people at once. Who took a message is remembered while others are tried again."""

    def __init__(self, name: str, server: Server, sender: Address, to: Sequence[str]) -> None:
        self.name = name
        self._server = server
        self._sender = sender
        self._to = tuple(dict.fromkeys(to))
        self._took: dict[str, frozenset[str]] = {}

    def deliver(self, notification: Notification) -> None:
        """Hand it in for all recipients. It counts as told when some took it and the others refused for ever.

        Raises:
            TemporaryFailureError: the server did not answer, or it or a recipient's mailbox put the message off.
            PermanentFailureError: the server refuses us or the message, or every recipient.
        """
        took = self._took.get(notification.key, frozenset())
        waiting = [recipient for recipient in self._to if recipient not in took]
        refused = _hand_in(self._server, letter(notification, self._sender, self._to), self._sender.addr_spec, waiting)
        took |= set(waiting) - set(refused)
        if any(code < _PERMANENT for code in refused.values()):
            self._remember(notification.key, took)
            raise TemporaryFailureError(f"{_who(self._server)} put off {len(refused)} of {len(self._to)} recipients")
        self._took.pop(notification.key, None)
        if not took:
            raise PermanentFailureError(f"{_who(self._server)} knows none of the {len(self._to)} recipients")
        if refused:
            log.warning(
                "mail refused for some recipients",
                receiver=self.name,
                key=notification.key,
                refused=len(refused),
                told=len(took),
            )

    def _remember(self, key: str, took: frozenset[str]) -> None:
        self._took[key] = took
        while len(self._took) > _MOST_REMEMBERED:
            self._took.pop(next(iter(self._took)))


def smtp_receiver(name: str, options: Options, timeout_s: float) -> SmtpReceiver:
    """Options: host, port, tls, user, password, from, to, timeout_s.

    Raises:
        SettingError: one of them cannot be used.
    """
    host = options.text("host")
    tls = options.choice("tls", tuple(_PORTS), "starttls")
    port = options.number("port", _PORTS[tls], 1, 65535)
    user = options.text("user") if options.given("user") else None
    password = options.text("password") if options.given("password") else ""
    sender = _sender(options)
    to = options.texts("to")
    timeout_s = options.timeout_s(timeout_s)
    options.done()
    if not port.is_integer():
        raise options.wrong("port", "must be a whole number")
    if (user is None) != (not password):
        raise options.wrong("password", "and 'user' need each other; set both or neither")
    if user is not None and tls == "none":
        raise options.wrong("tls", "must not be none with a password, which anybody on the way could read")
    if not (user or "").isascii() or not password.isascii():
        raise options.wrong("password", "and 'user' must be plain ASCII; mail servers take nothing else")
    for number, recipient in enumerate(to, 1):
        if not _ADDRESS.fullmatch(recipient):
            raise options.wrong("to", f"number {number} is no mail address; write name@host")
    return SmtpReceiver(name, Server(host, int(port), tls, user, password, timeout_s), sender, to)


def _sender(options: Options) -> Address:
    display_name, address = parseaddr(options.text("from"))
    if not _ADDRESS.fullmatch(address):
        raise options.wrong("from", "is no mail address; write name@host, or Somebody <name@host>")
    return Address(display_name, addr_spec=address)


def _hand_in(server: Server, message: EmailMessage, sender: str, to: Sequence[str]) -> dict[str, int]:
    """Give the server one mail. The answer: the recipients that did not take it, each with the server's code."""
    try:
        with _connected(server) as smtp:
            refused = smtp.sendmail(sender, to, message.as_bytes())
    except smtplib.SMTPRecipientsRefused as error:
        # Nobody took it. Those the server did not come to, because it had enough, are to be tried again.
        return {**dict.fromkeys(to, _NOT_AVAILABLE), **_codes(error.recipients)}
    except smtplib.SMTPResponseException as error:
        said = f"{_who(server)} answered {error.smtp_code}"
        if error.smtp_code < _PERMANENT:
            raise TemporaryFailureError(said) from error
        # Its text may repeat the address or the user's name.
        raise PermanentFailureError(f"{said} ({type(error).__name__})") from error
    except smtplib.SMTPServerDisconnected as error:
        raise TemporaryFailureError(f"{_who(server)} did not answer: {error}") from error
    except smtplib.SMTPException as error:
        raise PermanentFailureError(f"{_who(server)} cannot do what is asked of it: {error}") from error
    except OSError as error:
        raise TemporaryFailureError(f"{_who(server)} did not answer: {error}") from error
    return _codes(refused)


class _Hurried(smtplib.SMTP):
    """A conversation that has to end at some moment, on the monotonic clock."""

    deadline_s = math.inf

    def getreply(self) -> tuple[int, bytes]:
        left_s = self.deadline_s - time.monotonic()
        if left_s <= 0:
            raise TimeoutError("it took too long in all")
        if self.sock is not None and left_s < self.timeout:
            self.sock.settimeout(left_s)
        return super().getreply()


class _HurriedTls(_Hurried, smtplib.SMTP_SSL):
    """The same, encrypted from the first byte."""


@contextmanager
def _connected(server: Server) -> Iterator[smtplib.SMTP]:
    """A connection with the server, encrypted and logged in as asked."""
    deadline_s = time.monotonic() + _FULL_WAITS * server.timeout_s
    smtp: _Hurried
    if server.tls == "tls":
        smtp = _HurriedTls(server.host, server.port, timeout=server.timeout_s, context=ssl.create_default_context())
    else:
        smtp = _Hurried(server.host, server.port, timeout=server.timeout_s)
    smtp.deadline_s = deadline_s
    try:
        if server.tls == "starttls":
            smtp.starttls(context=ssl.create_default_context())
        if server.user is not None:
            smtp.login(server.user, server.password)
        yield smtp
        # It has the mail; a farewell that fails must not have it sent again.
        with suppress(OSError):
            smtp.quit()
    finally:
        smtp.close()


def _codes(refused: Mapping[str, tuple[int, bytes]]) -> dict[str, int]:
    return {recipient: code for recipient, (code, _) in refused.items()}


def _who(server: Server) -> str:
    return f"the mail server at {server.host}"


def _message_id(kind: str, key: str, domain: str) -> str:
    return f"<{hashlib.sha256(f'{kind} {key}'.encode()).hexdigest()[:40]}@{domain}>"
