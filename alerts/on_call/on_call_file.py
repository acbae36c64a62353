"""The on-call file: YAML, checked as a whole before anybody depends on it (docs/on-call.md)."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from types import MappingProxyType

from alerts.on_call.config import Chain, Config, Route, Stage
from alerts.on_call.rota import Person
from alerts.on_call.rota_file import Calendars, clock_of, read_rota, zone_of
from alerts.on_call.yaml_lines import Part, read_yaml
from alerts.receivers.make import make_receiver
from alerts.receivers.receiver import ReceiverSetting
from service.domain.severity import Severity
from service.errors import SettingError
from service.settings import Settings

_ALL = "all"


def read_config(
    path: Path | None,
    settings: Settings,
    now: datetime | None = None,
    last_good: Mapping[str, bytes] = MappingProxyType({}),
) -> Config:
    """The on-call file; without one, the log and the webhook of the settings are told, both at once.

    Args:
        now: from when on rotas must be without a hole; None: from this moment.
        last_good: calendars, by their names in the file, that are in force where the present ones cannot be used.

    Raises:
        CalendarError: a calendar cannot be used, and there is none in `last_good`; it names the file and the line.
        SettingError: something else in it is wrong; likewise.
    """
    if path is None:
        return _without_file(settings)
    try:
        return _read(read_yaml(path), Calendars(path.parent, last_good), settings, now or datetime.now(UTC))
    except RecursionError:
        raise SettingError(f"{path.name}: something in it contains itself") from None


def _without_file(settings: Settings) -> Config:
    receivers = {"log": ReceiverSetting("log", "log", {})}
    if settings.alert_webhook_url:
        options: dict[str, object] = {
            "url": settings.alert_webhook_url,
            "timeout_s": settings.alert_webhook_timeout_s,
        }
        if settings.alert_webhook_secret:
            options["secret"] = settings.alert_webhook_secret
        receivers["webhook"] = ReceiverSetting("webhook", "webhook", options)
    return Config(receivers, {}, {}, {_ALL: Chain(_ALL, (Stage(0.0, tuple(receivers)),))}, _ALL)


def _read(part: Part, calendars: Calendars, settings: Settings, now: datetime) -> Config:
    fields = part.fields(
        "the on-call file",
        needs=("receivers", "chains", "default_chain"),
        may=("people", "rotas", "routes", "group_window_s", "group_interval_s", "reminder_min"),
    )
    receivers = {name: _receiver(name, one, settings) for name, one in fields["receivers"].named("receivers").items()}
    if not receivers:
        raise fields["receivers"].wrong("there is no receiver, so nobody would be told")
    people = {name: _person(name, one, receivers) for name, one in _named(fields, "people").items()}
    rotas = {name: read_rota(name, one, people, calendars, now) for name, one in _named(fields, "rotas").items()}
    for name, one in [*_named(fields, "people").items(), *_named(fields, "rotas").items()]:
        if (name in receivers) + (name in people) + (name in rotas) > 1:
            raise one.wrong(f"'{name}' is the name of two things; choose another")
    known = {**receivers, **people, **rotas}
    chains = {name: _chain(name, one, known) for name, one in fields["chains"].named("chains").items()}
    routes = [_route(one, chains) for one in fields["routes"].each()] if "routes" in fields else []
    config = Config(receivers, people, rotas, chains, _one_of(fields["default_chain"], chains, "chain"), tuple(routes))
    return replace(_paced(config, fields), calendars=tuple(calendars.found))


def _paced(config: Config, fields: Mapping[str, Part]) -> Config:
    """The config with how long is waited for what, as far as the file says."""
    reminder_s = dict(config.reminder_s)
    if "reminder_min" in fields:
        for severity, part in fields["reminder_min"].named("reminder_min").items():
            if severity not in list(Severity):
                raise part.wrong(f"reminder_min: '{severity}' is no severity; there is {', '.join(Severity)}")
            if part.text() == "never":
                reminder_s.pop(severity, None)
            else:
                # Faster than this, reminders would be a flood.
                reminder_s[severity] = 60 * part.number(least=1 / 60)
    return replace(
        config,
        reminder_s=reminder_s,
        group_window_s=_seconds(fields, "group_window_s", config.group_window_s),
        group_interval_s=_seconds(fields, "group_interval_s", config.group_interval_s),
    )


def _seconds(fields: Mapping[str, Part], name: str, default: float) -> float:
    return fields[name].number() if name in fields else default


def _named(fields: Mapping[str, Part], name: str) -> dict[str, Part]:
    return fields[name].named(name) if name in fields else {}


def _receiver(name: str, part: Part, settings: Settings) -> ReceiverSetting:
    given = part.named(f"receiver '{name}'")
    if "kind" not in given:
        raise part.wrong(f"receiver '{name}': 'kind' is missing; docs/receivers.md names them all")
    options = {option: one.value() for option, one in given.items() if option != "kind"}
    setting = ReceiverSetting(name, given["kind"].text(), options)
    try:
        make_receiver(setting, settings)
    except SettingError as error:
        raise part.wrong(str(error)) from error
    return setting


def _person(name: str, part: Part, receivers: Mapping[str, ReceiverSetting]) -> Person:
    what = f"person '{name}'"
    fields = part.fields(what, needs=("zone", "receivers"), may=("quiet_hours", "mail"))
    reached_by = tuple(_one_of(one, receivers, "receiver") for one in fields["receivers"].each())
    if not reached_by:
        raise fields["receivers"].wrong(f"{what} is reached by nothing")
    quiet_from = quiet_until = time()
    if "quiet_hours" in fields:
        quiet = fields["quiet_hours"]
        first, dash, last = quiet.text().replace("–", "-").partition("-")
        if not dash:
            raise quiet.wrong(f"{what}: write quiet hours as 22:00-07:00")
        quiet_from, quiet_until = (_time(clock_of(quiet, clock)) for clock in (first, last))
        if quiet_from == quiet_until:
            raise quiet.wrong(f"{what}: quiet hours end at another time than they begin")
    mail = fields["mail"].text() if "mail" in fields else ""
    return Person(name, zone_of(fields["zone"]), reached_by, quiet_from, quiet_until, mail)


def _time(since_midnight: timedelta) -> time:
    # 24:00 is midnight, as 00:00 is.
    return time(since_midnight.seconds // 3600, since_midnight.seconds // 60 % 60)


def _chain(name: str, part: Part, known: Collection[str]) -> Chain:
    what, stages = f"chain '{name}'", list[Stage]()
    for one in part.each():
        fields = one.fields(f"a stage of {what}", needs=("after_min", "tell"))
        after_s = 60 * fields["after_min"].number()
        if (not stages and after_s) or (stages and after_s <= stages[-1].after_s):
            raise fields["after_min"].wrong(
                f"{what}: the first stage is after 0 minutes, each other later than the last"
            )
        tell = tuple(_one_of(who, known, "receiver, person or rota") for who in fields["tell"].each())
        if not tell:
            raise fields["tell"].wrong(f"{what}: a stage tells nobody")
        stages.append(Stage(after_s, tell))
    if not stages:
        raise part.wrong(f"{what} has no stage")
    return Chain(name, tuple(stages))


def _route(part: Part, chains: Mapping[str, Chain]) -> Route:
    fields = part.fields("a route", needs=("chain",), may=("site", "severity", "cause"))
    if len(fields) == 1:
        raise part.wrong("a route needs a site, a severity or a cause; for all others there is default_chain")
    texts = {
        name: frozenset(one.text() for one in fields[name].each()) if name in fields else frozenset[str]()
        for name in ("site", "severity", "cause")
    }
    unknown = texts["severity"] - set(Severity)
    if unknown:
        raise fields["severity"].wrong(f"'{min(unknown)}' is no severity; there is {', '.join(Severity)}")
    return Route(_one_of(fields["chain"], chains, "chain"), texts["site"], texts["severity"], texts["cause"])


def _one_of(part: Part, known: Collection[str], what: str) -> str:
    name = part.text()
    if name not in known:
        raise part.wrong(f"there is no {what} '{name}'; there is {', '.join(known) or 'none'}")
    return name
