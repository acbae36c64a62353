"""Mail, handed to a real SMTP server that takes, refuses and puts off as a test says."""

import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from alerts.receivers.make import make_receiver
from alerts.receivers.receiver import PermanentFailureError, Receiver, ReceiverSetting, TemporaryFailureError
from service.domain.alerting.notification import Reason
from service.settings import Settings
from tests.mail_server import MailServer, serving
from tests.notifications import alert, notification
from tests.ports import free_port
from tests.programs import openssl

DUTY, QUALITY, GONE = "duty@clinic.example", "quality@clinic.example", "gone@clinic.example"


@pytest.fixture
def mail() -> Iterator[MailServer]:
    with serving(MailServer()) as server:
        yield server


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for 127.0.0.1 with its key, in one file."""
    folder = tmp_path_factory.mktemp("certificate")
    subprocess.run(
        [openssl(), "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
         "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", "key.pem", "-out", "cert.pem"],
        cwd=folder, check=True, capture_output=True,
    )  # fmt: skip
    both = folder / "both.pem"
    both.write_bytes((folder / "cert.pem").read_bytes() + (folder / "key.pem").read_bytes())
    return both


def server_context(certificate: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context


def receiver(port: int, *to: str, **options: Any) -> Receiver:
    least = {"host": "127.0.0.1", "port": port, "tls": "none", "timeout_s": 2}
    people = {"from": "Unbroken <alerts@clinic.example>", "to": list(to) or DUTY}
    return make_receiver(ReceiverSetting("duty", "smtp", {**least, **people, **options}), Settings())


def test_a_mail_says_it_all_in_plain_text(mail: MailServer) -> None:
    """On-call staff read it on any telephone; the subject alone is enough."""
    sent = notification()
    receiver(mail.port, DUTY, QUALITY).deliver(sent)
    [(to, message)] = mail.mails
    assert to == (DUTY, QUALITY)
    assert message["From"] == "Unbroken <alerts@clinic.example>"
    assert message["To"] == f"{DUTY}, {QUALITY}"
    assert message["Subject"] == sent.subject == "FIRST: Freezer 1 at Berlin is above −60 °C: −41.2 °C"
    assert message.get_content_type() == "text/plain"
    assert message.get_content().splitlines() == sent.text.splitlines()
    assert message["Date"].datetime.tzinfo is not None
    assert message["Auto-Submitted"] == "auto-generated"
    # Every mail server on the way takes it.
    assert mail.raw[0].isascii()
    assert max(len(line) for line in mail.raw[0].splitlines()) <= 998


def test_a_repetition_is_the_same_mail_and_an_incident_one_thread(mail: MailServer) -> None:
    """Who reads in the morning finds one conversation for one failed freezer."""
    to = receiver(mail.port)
    for sent in (notification(), notification(), notification(Reason.RESOLVED)):
        to.deliver(sent)
    to.deliver(notification(incident="another"))
    messages = [message for _, message in mail.mails]
    first, again, over, other = (message["Message-ID"] for message in messages)
    assert first == again
    assert len({first, over, other}) == 3
    thread, _, _, another = (message["References"] for message in messages)
    assert [message["References"] for message in messages] == [thread, thread, thread, another]
    assert thread != another
    assert [message["In-Reply-To"] for message in messages] == [thread, thread, thread, another]


def test_a_subject_of_many_lines_and_a_body_of_long_ones_arrive(mail: MailServer) -> None:
    """What somebody typed as the name of a freezer breaks no mail, and adds no recipient."""
    summary = "Freezer\r\nBcc: someone@else.example\n.\n" + "−" * 3000
    receiver(mail.port).deliver(notification(Reason.FIRST, alert(summary=summary)))
    [(to, message)] = mail.mails
    assert to == (DUTY,)
    assert message["Bcc"] is None
    assert message["Subject"].startswith("FIRST: Freezer Bcc: someone@else.example . −−−")
    assert "." in message.get_content().splitlines()
    assert "−" * 3000 in message.get_content()


def test_some_refused_for_ever_is_told_with_a_warning(mail: MailServer) -> None:
    """One colleague who has left does not keep the others from hearing of it, and no address is in the log."""
    mail.says = {GONE: ["550 5.1.1 no such user"]}
    with structlog.testing.capture_logs() as lines:
        receiver(mail.port, GONE, DUTY).deliver(notification())
    assert [to for to, _ in mail.mails] == [(DUTY,)]
    [line] = lines
    assert (line["log_level"], line["refused"], line["told"]) == ("warning", 1, 1)
    assert "clinic.example" not in str(line)


def test_all_refused_for_ever_is_never(mail: MailServer) -> None:
    """Somebody else has to be told."""
    mail.says = {GONE: ["550 5.1.1 no such user"], DUTY: ["553 5.7.1 not you"]}
    with pytest.raises(PermanentFailureError, match=r"the mail server at 127.0.0.1 knows none of the 2 recipients"):
        receiver(mail.port, GONE, DUTY).deliver(notification())
    assert mail.mails == []


def test_who_is_put_off_is_tried_again_and_nobody_else(mail: MailServer) -> None:
    """A full mailbox of one does not fill the other's with the same mail again and again."""
    mail.says = {QUALITY: ["452 4.2.2 mailbox full", "451 4.7.1 come back"], GONE: ["550 5.1.1 no such user"] * 3}
    to = receiver(mail.port, DUTY, QUALITY, GONE)
    for _ in range(2):
        with pytest.raises(TemporaryFailureError, match=r"the mail server at 127.0.0.1 put off 2 of 3 recipients"):
            to.deliver(notification())
    to.deliver(notification())
    assert [told for told, _ in mail.mails] == [(DUTY,), (QUALITY,)]
    to.deliver(notification(Reason.RESOLVED))
    assert mail.mails[-1][0] == (DUTY, QUALITY, GONE)


def test_a_server_that_closes_between_recipients_has_told_nobody(mail: MailServer) -> None:
    """Those it did not come to are not lost."""
    mail.says = {QUALITY: ["421 4.3.2 shutting down"], GONE: ["550 5.1.1 no such user"]}
    to = receiver(mail.port, GONE, QUALITY, DUTY)
    with pytest.raises(TemporaryFailureError, match="put off"):
        to.deliver(notification())
    assert mail.mails == []
    to.deliver(notification())
    assert [told for told, _ in mail.mails] == [(GONE, QUALITY, DUTY)]


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ("451 4.3.0 later", TemporaryFailureError),
        ("452 full", TemporaryFailureError),
        ("552 too big", PermanentFailureError),
        ("554 spam", PermanentFailureError),
    ],
)
@pytest.mark.parametrize("to_what", ["to_sender", "to_data"])
def test_what_the_server_says_to_a_mail(
    mail: MailServer, to_what: str, answer: str, expected: type[TemporaryFailureError | PermanentFailureError]
) -> None:
    """4xx is for now, 5xx for ever."""
    getattr(mail, to_what).append(answer)
    to = receiver(mail.port)
    with pytest.raises(expected, match=f"the mail server at 127.0.0.1 answered {answer[:3]}") as raised:
        to.deliver(notification())
    assert "clinic.example" not in str(raised.value)
    to.deliver(notification())
    assert len(mail.mails) == 1


def test_a_server_that_is_away_is_tried_again() -> None:
    """A mail server that restarts costs a pause."""
    with pytest.raises(TemporaryFailureError, match=r"the mail server at 127.0.0.1 did not answer"):
        receiver(free_port()).deliver(notification())


@pytest.mark.parametrize(
    ("greeting", "expected"),
    [
        (b"", TemporaryFailureError),
        (b"421 busy\r\n", TemporaryFailureError),
        (b"554 no mail here\r\n", PermanentFailureError),
        (b"?\r\n", TemporaryFailureError),
    ],
)
def test_a_server_that_greets_badly(greeting: bytes, expected: type[Exception]) -> None:
    """Closing at once, being busy, or no mail server at all."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def greet() -> None:
            taken, _ = listening.accept()
            with taken:
                taken.sendall(greeting)

        thread = threading.Thread(target=greet)
        thread.start()
        with pytest.raises(expected, match=r"the mail server at 127.0.0.1"):
            receiver(listening.getsockname()[1]).deliver(notification())
        thread.join()


def test_a_server_that_hangs_is_left() -> None:
    """A mail server at its limits holds up nobody for long."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        began_s = time.monotonic()
        with pytest.raises(TemporaryFailureError, match=r"the mail server at 127.0.0.1 did not answer: .*timed out"):
            receiver(listening.getsockname()[1], timeout_s=0.2).deliver(notification())
        assert time.monotonic() - began_s < 3


def test_a_server_that_takes_its_time_over_each_of_many_is_left() -> None:
    """Each step has its time and so has the whole, or another process would believe that this one is dead."""
    with serving(MailServer(pause_s=0.15)) as mail:
        people = [f"duty-{number}@clinic.example" for number in range(20)]
        began_s = time.monotonic()
        with pytest.raises(TemporaryFailureError, match=r"the mail server at 127.0.0.1 did not answer"):
            receiver(mail.port, *people, timeout_s=0.2).deliver(notification())
        assert 0.7 < time.monotonic() - began_s < 2.5
        receiver(mail.port, DUTY, timeout_s=0.3).deliver(notification())
        assert len(mail.mails) == 1


def test_a_server_that_dies_after_taking_gets_the_same_mail_again() -> None:
    """Nobody knows whether it was delivered; the same Message-ID shows that it is the same mail."""
    identities: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def take_and_die() -> None:
            for _ in range(2):
                taken, _ = listening.accept()
                with taken, taken.makefile("rb") as lines:
                    taken.sendall(b"220 mail.example\r\n")
                    for line in lines:
                        if line.startswith(b"Message-ID"):
                            identities.append(line)
                        if line == b".\r\n":
                            break
                        if line.split()[:1] and line.split()[0] in {b"ehlo", b"mail", b"rcpt"}:
                            taken.sendall(b"250 OK\r\n")
                        elif line == b"data\r\n":
                            taken.sendall(b"354 go on\r\n")

        thread = threading.Thread(target=take_and_die)
        thread.start()
        to = receiver(listening.getsockname()[1])
        for _ in range(2):
            with pytest.raises(TemporaryFailureError, match=r"did not answer: Connection unexpectedly closed"):
                to.deliver(notification())
        thread.join()
    assert len(identities) == 2
    assert len(set(identities)) == 1


def _knows(_server: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, login: Any) -> AuthResult:
    assert isinstance(login, LoginPassword)
    return AuthResult(success=(login.login, login.password) == (b"alerts", b"hunter2"), handled=False)


# The server does not see that a connection is encrypted from its first byte.
@pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS:UserWarning")
@pytest.mark.parametrize("tls", ["starttls", "tls"])
def test_mail_is_encrypted_and_logged_in(certificate: Path, tls: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A clinic's mail server takes mail from those it knows; nobody on the way reads which lots are warm."""
    context = server_context(certificate)
    options = {"ssl_context": context} if tls == "tls" else {"tls_context": context, "require_starttls": True}
    login = {"auth_required": True, "authenticator": _knows, "auth_require_tls": tls == "starttls"}
    with serving(MailServer(), **options, **login) as mail:
        trusted = receiver(mail.port, tls=tls, user="alerts", password="hunter2")
        with pytest.raises(TemporaryFailureError, match=r"did not answer: .*certificate verify failed"):
            trusted.deliver(notification())
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        trusted.deliver(notification())
        assert len(mail.mails) == 1
        with pytest.raises(PermanentFailureError, match=r"the mail server at 127.0.0.1 answered 535") as raised:
            receiver(mail.port, tls=tls, user="alerts", password="hunter3").deliver(notification())
        assert "hunter3" not in str(raised.value)
        with pytest.raises(PermanentFailureError, match=r"the mail server at 127.0.0.1 answered 530"):
            receiver(mail.port, tls=tls).deliver(notification())
        assert len(mail.mails) == 1


def test_mail_is_not_sent_in_the_clear_when_encryption_was_asked_for(mail: MailServer) -> None:
    """Somebody on the way who hides that a server can encrypt gets nothing to read."""
    with pytest.raises(
        PermanentFailureError, match=r"the mail server at 127.0.0.1 cannot do what is asked of it: STARTTLS"
    ):
        receiver(mail.port, tls="starttls", user="alerts", password="hunter2").deliver(notification())
    assert mail.mails == []
