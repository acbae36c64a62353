"""``unbroken on-call``: who is on call, and whether the on-call file can be used."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated

import typer

from alerts.delivery.load import load_config, load_delivery
from alerts.on_call.config import Config
from alerts.on_call.rota import Person, Turn, turns
from alerts.on_call.rota_file import AHEAD, CalendarError
from service.domain.wall_clock import moment
from service.settings import Settings, read_settings
from service.store.alerting.calendars import last_good_calendars
from service.store.migrate import refuse_unmigrated
from service.store.pool import connect


def on_call(
    check: Annotated[
        bool, typer.Option("--check", help="Make the receivers and try the templates too; nothing is sent.")
    ] = False,
) -> None:
    """Say who is on call for each rota now and next, and what was found in the on-call file.

    A file that cannot be used is refused with its line. Of a broken calendar the last good one is in force, and shown.
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
    if check:
        typer.echo(f"ok: {_checked(settings, config)}; nothing was sent, `unbroken alert-test` does that")


def _checked(settings: Settings, config: Config) -> str:
    """What was found to be usable."""
    receivers = f"every receiver can be made ({', '.join(config.receivers)})"
    if not settings.alert_templates_dir:
        return receivers
    return f"{receivers}, and the templates in {settings.alert_templates_dir} write every kind of message"


def _last_good(database_url: str) -> dict[str, bytes]:
    with connect(database_url, application="on-call") as connection:
        refuse_unmigrated(connection)
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
