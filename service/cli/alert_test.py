"""``unbroken alert-test``: whether people would be reached."""

import secrets
import time
from datetime import UTC, datetime
from typing import Annotated

import typer

from alerts.delivery.load import load_delivery
from alerts.messages.message_writer import MessageWriter
from alerts.notification import Planned
from alerts.on_call.config import Config
from service.domain.alerting.notification import Reason
from service.errors import SettingError, UnbrokenError
from service.settings import read_settings
from service.store.alerting.deliveries import Delivery, delivery
from service.store.alerting.outbox import add_notification
from service.store.migrate import refuse_unmigrated
from service.store.pool import Connection, connect

_LOOK_S = 0.1


class NotToldError(UnbrokenError):
    """A test message did not reach everybody."""


def alert_test(
    receiver: Annotated[str | None, typer.Option(help="Only this one, by its name in the on-call file.")] = None,
    within_s: Annotated[float, typer.Option(min=0, help="How long to wait for the outcome.")] = 60.0,
) -> None:
    """Send a test message the way alerts go, and say what became of it; the alerts process has to be running."""
    settings = read_settings()
    writer, _ = load_delivery(settings)
    names = _chosen(writer.config, receiver)
    with connect(settings.required_database_url(), application="alert-test") as connection:
        refuse_unmigrated(connection)
        key = _put(connection, writer, names)
        _tell_outcomes(connection, key, names, within_s)


def _chosen(config: Config, receiver: str | None) -> list[str]:
    if receiver is None:
        return list(config.receivers)
    if receiver not in config.receivers:
        raise SettingError(f"there is no receiver {receiver!r}; choose one of {', '.join(config.receivers)}")
    return [receiver]


def _put(connection: Connection, writer: MessageWriter, names: list[str]) -> str:
    key = f"test:{secrets.token_hex(8)}"
    planned = Planned(Reason.TEST, 0, (), tuple(names), key, "asked for by hand")
    now = datetime.now(UTC)
    with connection.transaction():
        for name in names:
            add_notification(
                connection,
                receiver=name,
                alert_ids=[],
                site_id=None,
                level=0,
                document=writer.write(planned, name, key, now),
                now=now,
                kind=writer.config.receivers[name].kind,
            )
    return key


def _tell_outcomes(connection: Connection, key: str, names: list[str], within_s: float) -> None:
    waiting, missed = list(names), []
    deadline_s = time.monotonic() + within_s
    while waiting:
        late = time.monotonic() >= deadline_s
        for name in list(waiting):
            found = delivery(connection, key, name)
            if (found is None or found.outcome is None) and not late:
                continue
            waiting.remove(name)
            if found is None or found.outcome != "delivered":
                missed.append(name)
            typer.echo(f"{name}: {_said(found)}")
        if waiting:
            time.sleep(_LOOK_S)
    if missed:
        raise NotToldError(f"not reached: {', '.join(missed)}")


def _said(found: Delivery | None) -> str:
    if found is None or (found.outcome is None and not found.attempts):
        return "nobody has tried to send it yet; is `python -m alerts` running?"
    if found.outcome is not None:
        return found.outcome + (f": {found.error}" if found.error else "")
    return f"not yet, after {found.attempts} attempts: {found.error or 'it does not answer'}"
