"""``unbroken alert-test`` and ``unbroken on-call``: whether people would be reached, and who they are."""

import secrets
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated

import typer

from alerts.alert import Planned, Reason
from alerts.delivery.load import load_config, load_delivery
from alerts.messages.message_writer import MessageWriter
from alerts.on_call.on_call import Config
from alerts.on_call.rota import Person, Turn, turns
from alerts.on_call.rota_file import AHEAD, CalendarError
from service.domain.wall_clock import moment
from service.errors import SettingError, UnbrokenError
from service.settings import Settings, read_settings
from service.store.alerting import outbox
from service.store.alerting.calendars import last_good_calendars
from service.store.pool import Connection, connect

_LOOK_S = 0.1


class NotToldError(UnbrokenError):
    """A test message did not reach everybody."""


def alert_test(
    receiver: Annotated[str | None, typer.Option(help="Only this one, by its name in the on-call file.")] = None,
    within_s: Annotated[float, typer.Option(min=0, help="How long to wait for the outcome.")] = 60.0,
) -> None:
    """Send a test message the way alerts go, and say what became of it; `python -m alerts` has to be running."""
    settings = read_settings()
    writer, _ = load_delivery(settings)
    names = _chosen(writer.config, receiver)
    with connect(settings.required_database_url(), application="alert-test") as connection:
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
            outbox.add_notification(
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
            found = outbox.outcome(connection, key, name) or {"outcome": None, "error": None, "attempts": 0}
            if found["outcome"] is None and not late:
                continue
            waiting.remove(name)
            if found["outcome"] != "delivered":
                missed.append(name)
            typer.echo(f"{name}: {_said(found)}")
        if waiting:
            time.sleep(_LOOK_S)
    if missed:
        raise NotToldError(f"not reached: {', '.join(missed)}")


def _said(found: dict[str, object]) -> str:
    if found["outcome"] is not None:
        return f"{found['outcome']}" + (f": {found['error']}" if found["error"] else "")
    if not found["attempts"]:
        return "nobody has tried to send it yet; is `python -m alerts` running?"
    return f"not yet, after {found['attempts']} attempts: {found['error'] or 'it does not answer'}"


def on_call(
    check: Annotated[bool, typer.Option("--check", help="Try the receivers and the templates too.")] = False,
) -> None:
    """Say who is on call for each rota now and next, and what was found in the on-call file.

    One that cannot be used is refused with its line. Where that is a calendar, and the last one that could be used is
    known, it says who is on call by that: so it is in force.
    """
    settings = read_settings()
    refused: CalendarError | None = None
    last_good: dict[str, bytes] = {}
    try:
        config = load_delivery(settings)[0].config if check else load_config(settings)
    except CalendarError as error:
        if not settings.database_url:
            raise
        refused, last_good = error, _last_good(settings.database_url)
        config = load_delivery(settings, last_good)[0].config if check else load_config(settings, last_good=last_good)
    now = datetime.now(UTC)
    for rota in config.rotas.values():
        now_on, *later = list(turns(rota, now, now + AHEAD))
        following = next((turn for turn in later if turn.who != now_on.who), None)
        typer.echo(f"{rota.name}: {_names(now_on.who)}" + _then(following))
    if not config.rotas:
        typer.echo("there is no rota; told are: " + ", ".join(config.receivers))
    _tell_found(settings, config)
    if refused is not None:
        raise refused


def _last_good(database_url: str) -> dict[str, bytes]:
    with connect(database_url, application="on-call") as connection:
        return last_good_calendars(connection)


def _tell_found(settings: Settings, config: Config) -> None:
    if settings.on_call_file:
        counts = {
            "receivers": config.receivers,
            "people": config.people,
            "rotas": config.rotas,
            "chains": config.chains,
        }
        typer.echo(f"{settings.on_call_file}: " + ", ".join(f"{what}: {len(some)}" for what, some in counts.items()))
    for one in config.calendars:
        why = f"; it is the last one that could be used, in force though {one.trouble}" if one.trouble else ""
        typer.echo(f"calendar {one.name}: {one.found}{why}")


def _then(following: Turn | None) -> str:
    if following is None:
        return f", for the next {AHEAD.days} days"
    zone = following.who[0].zone if following.who else UTC
    return f", then {_names(following.who)} from {moment(following.from_at, zone)}"


def _names(who: Sequence[Person]) -> str:
    return " and ".join(person.name for person in who) or "nobody"
