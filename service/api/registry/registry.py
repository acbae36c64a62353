"""Sites, products, containers, loggers and attachments."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Query

from service.acts import attachments as attaching
from service.answers.documents import forecast_document
from service.answers.forecasts import forecast_in
from service.answers.judging import lost_since
from service.api.acts import ActRoute
from service.api.database import Database, Now, Recorded, TheSettings
from service.api.schemas import registry as schemas
from service.api.schemas.fields import DeviceName, Id, RowId
from service.api.schemas.forecast import ContainerForecast, Forecast
from service.domain.clocks import CLOCKS_DISAGREE, disagreement
from service.domain.instant import SECOND_US, from_datetime, to_datetime
from service.domain.intake.refusals import Refused, look_at, refused_since
from service.domain.series import health
from service.domain.series.forecast import NoForecast
from service.domain.series.quality import Quality
from service.domain.wall_clock import is_to_come
from service.errors import NotFoundError, RefusedError
from service.store.clocks import times
from service.store.intake.refusals import refusals_since
from service.store.lots.lots import lots_in_during
from service.store.registry import attachments, logger_ranges, loggers, products, sites
from service.store.registry import containers as registry
from service.store.registry.profiles import all_profiles
from service.store.series.health import load_heard
from service.store.series.mended import shown_by
from service.store.series.readings import last_readings

router = APIRouter(prefix="/v1", route_class=ActRoute)

_HEALTH_OVER = timedelta(days=7)


def refuse_future(field: str, when: datetime | None, now: datetime) -> None:
    """What has not happened yet is not recorded.

    Raises:
        RefusedError: `when` lies in the future.
    """
    if when is not None and is_to_come(when, now):
        raise RefusedError(field, f"{when.isoformat()} lies in the future; record it when it has happened")


def _named(rows: list[dict[str, Any]], what: str, identifier: str) -> dict[str, Any]:
    for row in rows:
        if row["id"] == identifier:
            return row
    raise NotFoundError(f"there is no {what} {identifier!r}; GET /v1/{what}s lists them")


@router.post("/sites", status_code=201, tags=["registry"])
def add_site(site: schemas.Site, connection: Database) -> schemas.Site:
    """Register a site."""
    sites.add_site(connection, site.id, site.name, site.time_zone)
    return site


@router.get("/sites", tags=["registry"])
def list_sites(connection: Database) -> list[schemas.Site]:
    """All sites."""
    return [schemas.Site(**row) for row in sites.sites(connection)]


@router.get("/sites/{site_id}", tags=["registry"])
def get_site(site_id: Id, connection: Database) -> schemas.Site:
    """One site."""
    return schemas.Site(**_named(sites.sites(connection), "site", site_id))


@router.post("/products", status_code=201, tags=["registry"])
def add_product(product: schemas.ProductIn, connection: Database) -> schemas.Product:
    """Register a product under the newest version of its profile."""
    products.add_product(connection, product.id, product.name, product.profile_id)
    return get_product(product.id, connection)


@router.get("/products", tags=["registry"])
def list_products(connection: Database) -> list[schemas.Product]:
    """All products."""
    return [schemas.Product(**row) for row in products.products(connection)]


@router.get("/products/{product_id}", tags=["registry"])
def get_product(product_id: Id, connection: Database) -> schemas.Product:
    """One product."""
    return schemas.Product(**_named(products.products(connection), "product", product_id))


@router.post("/containers", status_code=201, tags=["registry"])
def add_container(container: schemas.ContainerIn, connection: Database) -> schemas.Container:
    """Register a container under the newest version of its profile."""
    registry.add_container(
        connection,
        container.id,
        container.site_id,
        container.name,
        container.kind,
        container.profile_id,
        container.mapping_study,
        container.door_grace_s,
        container.declared_c,
    )
    return get_container(container.id, connection)


@router.post("/containers/{container_id}/door-grace", tags=["registry"])
def change_door_grace(container_id: Id, grace: schemas.DoorGraceIn, connection: Database) -> schemas.Container:
    """Set how long an opened door is no certain exposure, with the reason; every lot ever in there is judged anew."""
    with connection.transaction():
        registry.set_door_grace(connection, container_id, **grace.model_dump())
    return get_container(container_id, connection)


@router.get("/containers", tags=["registry"])
def list_containers(connection: Database, site: Id | None = None) -> list[schemas.Container]:
    """Containers; of one site if asked."""
    return [schemas.Container(**row) for row in registry.containers(connection, site)]


@router.get("/containers/{container_id}", tags=["registry"])
def get_container(container_id: Id, connection: Database) -> schemas.Container:
    """One container."""
    return schemas.Container(**registry.container(connection, container_id))


@router.get("/containers/{container_id}/forecast", tags=["registry"])
def get_forecast(container_id: Id, connection: Database, now: Now, settings: TheSettings) -> ContainerForecast:
    """Which limit of a container's profile will be crossed first, and when, if it goes on as now."""
    row = registry.container(connection, container_id)
    tolerance_us = round(settings.clock_tolerance_s * SECOND_US)
    if disagreement(from_datetime(now), times(connection), tolerance_us) is not None:
        return ContainerForecast(as_of=now, forecast=None, reason=CLOCKS_DISAGREE)
    profile = all_profiles(connection)[row["profile_id"], row["profile_version"]]
    limits = [(limit, None) for limit in profile.limits]
    found = forecast_in(connection, container_id, limits, profile.max_gap_s, from_datetime(now))
    if isinstance(found, NoForecast):
        return ContainerForecast(as_of=now, forecast=None, reason=found.value)
    return ContainerForecast(as_of=now, forecast=Forecast(**forecast_document(found)), reason=None)


@router.get("/containers/{container_id}/attachments", tags=["registry"])
def list_attachments(container_id: Id, connection: Database) -> list[schemas.Attachment]:
    """Which probes measured a container, and when."""
    registry.container(connection, container_id)
    return [_attachment(row) for row in attachments.attachments(connection, container_id)]


def _attachment(row: dict[str, Any]) -> schemas.Attachment:
    return schemas.Attachment(**{**row, "from": row["from_at"], "until": row["until_at"]})


@router.post("/containers/{container_id}/attachments", status_code=201, tags=["registry"])
def attach(
    container_id: Id, attachment: schemas.AttachmentIn, connection: Database, now: Now, recorded: Recorded
) -> schemas.Attachment:
    """Attach a probe. It counts from its commissioning, which may be confirmed here or later.

    Where lots lay there while that time was judged, it needs `reason` and `by`, and is listed in `/v1/corrections`.
    """
    refuse_future("from", attachment.from_, now)
    refuse_future("until", attachment.until, now)
    refuse_future("commissioned_at", attachment.commissioned_at, now)
    with connection.transaction():
        attaching.attach(
            connection,
            attachment_id=attachment.id,
            container_id=container_id,
            logger_id=attachment.logger_id,
            probe=attachment.probe,
            place=attachment.place,
            from_at=attachment.from_,
            until_at=attachment.until,
            commissioned_at=attachment.commissioned_at,
            word=replace(recorded, reason=attachment.reason, by=attachment.by),
        )
        # Before anybody else can correct it; likewise below.
        return _one_attachment(connection, container_id, attachment.id)


@router.post("/containers/{container_id}/commission", tags=["registry"])
def commission(
    container_id: Id, confirmed: schemas.Commission, connection: Database, now: Now, recorded: Recorded
) -> schemas.Attachment:
    """Confirm that a probe has settled: its readings count from then on. Of a time already judged, as for attaching."""
    refuse_future("commissioned_at", confirmed.commissioned_at, now)
    with connection.transaction():
        word = replace(recorded, reason=confirmed.reason, by=confirmed.by)
        row_id = attaching.commission(
            connection, confirmed.attachment_id, container_id, confirmed.commissioned_at, word
        )
        return _one_attachment(connection, container_id, row_id)


@router.post("/containers/{container_id}/attachments/{attachment_id}/end", tags=["registry"])
def end_attachment(
    container_id: Id,
    attachment_id: RowId,
    end: schemas.EndAttachment,
    connection: Database,
    settings: TheSettings,
    now: Now,
    recorded: Recorded,
) -> schemas.Attachment:
    """Record that a probe was taken out. Of a time already judged, as for attaching."""
    refuse_future("until", end.until, now)
    lost = lost_since(connection, lots_in_during(connection, container_id, end.until, now), settings, now)
    with connection.transaction():
        word = replace(recorded, reason=end.reason, by=end.by, lost_since=lost)
        row_id = attaching.end(connection, attachment_id, container_id, end.until, word)
        return _one_attachment(connection, container_id, row_id)


def _one_attachment(connection: Database, container_id: str, attachment_id: str) -> schemas.Attachment:
    return _attachment(_named(attachments.attachments(connection, container_id), "attachment", attachment_id))


@router.post("/loggers", status_code=201, tags=["registry"])
def register_logger(logger: schemas.LoggerIn, connection: Database) -> schemas.Logger:
    """Register a logger, whether or not it was heard already."""
    loggers.register_logger(
        connection,
        logger.id,
        logger.site_id,
        logger.model,
        logger.range_min_c,
        logger.range_max_c,
        logger.firmware,
    )
    return _logger(connection, logger.id)


@router.post("/loggers/{logger_id:path}/range", tags=["registry"])
def record_range(logger_id: DeviceName, known: schemas.RangeIn, connection: Database) -> schemas.Logger:
    """Record what a logger can measure, where it is not recorded yet. What it cannot show is disputed from then on.

    Where lots were judged by its readings that needs `reason` and `by`, and is listed in `/v1/corrections`.
    """
    with connection.transaction():
        logger_ranges.record_range(connection, logger_id, **known.model_dump())
    return _logger(connection, logger_id)


@router.get("/loggers", tags=["registry"])
def list_loggers(
    connection: Database,
    now: Now,
    attached: Annotated[bool | None, Query(description="Only those (not) attached to a container now.")] = None,
    registered: Annotated[bool | None, Query(description="Only those (not) registered.")] = None,
    range_known: Annotated[
        bool | None, Query(description="Only those of which both ends of the range are (not) recorded.")
    ] = None,
    silent_for_s: Annotated[
        int | None, Query(ge=0, le=2**31, description="Only those not seen for longer than this, or never.")
    ] = None,
) -> list[schemas.Logger]:
    """Loggers, the merely heard among them."""
    found = _loggers(connection, loggers.loggers(connection))
    return [
        logger
        for logger in found
        if attached in (None, logger.attached)
        and registered in (None, logger.registered_at is not None)
        and range_known in (None, logger.range_known)
        and (silent_for_s is None or _is_silent(logger, now - timedelta(seconds=silent_for_s)))
    ]


@router.get("/loggers/{logger_id:path}", tags=["registry"])
def get_logger(logger_id: DeviceName, connection: Database, now: Now) -> schemas.LoggerWithHealth:
    """One logger, with its newest reading, and its health over the last seven days."""
    since = now - _HEALTH_OVER
    logger = _logger(connection, logger_id)
    heard = load_heard(connection, logger_id, from_datetime(since))
    refused = refusals_since(connection, [logger_id], from_datetime(since)).get(logger_id, [])
    return schemas.LoggerWithHealth(
        **logger.model_dump(),
        health=_health(heard, since),
        refused=[_refused(one) for one in refused_since(refused, None)],
    )


def _refused(one: Refused) -> schemas.Refused:
    return schemas.Refused(
        code=one.code,
        times=one.times,
        first_at=to_datetime(one.since_us),
        last_at=to_datetime(one.last_us),
        look_at=look_at(one.code),
    )


def _health(heard: dict[str, health.Heard], since: datetime) -> schemas.Health:
    readings = health.together(list(heard.values())) if heard else None
    lag_us = None if readings is None else health.clock_lag_us(readings)
    return schemas.Health(
        since=since,
        battery_v=None if readings is None else health.latest_battery_v(readings),
        clock_lag_s=None if lag_us is None else lag_us / SECOND_US,
        probes=[_probe_health(probe, of_probe, from_datetime(since)) for probe, of_probe in heard.items()],
    )


def _probe_health(probe: str, heard: health.Heard, since_us: int) -> schemas.ProbeHealth:
    gaps, numbers = health.gaps(heard, since_us), health.numbers(heard, since_us)
    return schemas.ProbeHealth(
        probe=probe,
        last_measured_at=to_datetime(int(heard.measured_us.max())),
        last_received_at=to_datetime(int(heard.received_us.max())),
        usual_interval_s=None if gaps.usual_us is None else gaps.usual_us / SECOND_US,
        gaps=gaps.count,
        gaps_s=gaps.total_us / SECOND_US,
        longest_gap_s=gaps.longest_us / SECOND_US,
        missing_seq=numbers.missing,
        restarts=numbers.restarts,
    )


def _is_silent(logger: schemas.Logger, since: datetime) -> bool:
    return logger.last_seen_at is None or logger.last_seen_at < since


def _logger(connection: Database, logger_id: str) -> schemas.Logger:
    return _loggers(connection, [loggers.logger(connection, logger_id)])[0]


def _loggers(connection: Database, rows: list[dict[str, Any]]) -> list[schemas.Logger]:
    newest = last_readings(connection, [row["id"] for row in rows])
    return [
        schemas.Logger(
            **row,
            attached=bool(row["container_ids"]),
            last_seen_at=newest[row["id"]]["received_at"] if row["id"] in newest else None,
            range_known=row["range_min_c"] is not None and row["range_max_c"] is not None,
            last_reading=_last_reading(row, newest[row["id"]]) if row["id"] in newest else None,
        )
        for row in rows
    ]


def _last_reading(logger: dict[str, Any], newest: dict[str, Any]) -> schemas.LastReading:
    number_c, quality = newest["temperature_c"], Quality(newest["quality"])
    shown = shown_by({"logger_id": logger["id"], "probe": newest["probe"], **logger})
    if quality is Quality.OK and not shown.shows(number_c):
        quality = Quality.IMPOSSIBLE
    return schemas.LastReading(**{**newest, "quality": quality.name.lower()})
