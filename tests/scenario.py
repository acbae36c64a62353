"""A small cold store for tests: one site, and as many containers, loggers and lots as a test names."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta

from service.acts.attachments import attach
from service.acts.containers import add_container
from service.acts.lots import register_lot
from service.answers.judging import JudgedLot, judge_lots
from service.domain.clocks import AsOf
from service.domain.corrections import Word
from service.domain.instant import from_datetime
from service.domain.series.quality import Quality, quality_of
from service.evaluator.alerting.past_excursions import containers_with_past, tell_of_past
from service.evaluator.run import Pass, evaluate_once
from service.formats.columns import columns_of
from service.formats.reading import Reading
from service.store.lots.lots import NewLot
from service.store.pool import Connection
from service.store.registry.attachments import NewAttachment
from service.store.registry.loggers import register_logger
from service.store.registry.products import products
from service.store.registry.profiles import all_profiles
from service.store.registry.sites import add_site
from service.store.series.readings import SeriesIds, Stored, ensure_series, rows_of, store_readings
from tests.acting import TESTER
from tests.papers import add_product_of_before
from tests.placing import put

#: What is recorded before anything it concerns happened: nobody is asked to say why.
BEFOREHAND = Word(TESTER, datetime(2015, 1, 1, tzinfo=UTC), scan_delay_s=0, clock_tolerance_s=100 * 365 * 86_400)

#: Where scenarios begin.
START = datetime(2026, 3, 1, tzinfo=UTC)

#: A temperature as a logger sends it.
Sent = float | str | None


def at(minutes: float) -> datetime:
    """The instant this many minutes into the scenario."""
    return START + timedelta(minutes=minutes)


def at_us(minutes: float) -> int:
    """Likewise in microseconds since 1970."""
    return from_datetime(at(minutes))


def reading(logger_id: str, minutes: float, sent: Sent, probe: str = "") -> Reading:
    """One reading of a logger."""
    if isinstance(sent, str):
        return Reading(logger_id, probe, at_us(minutes), None, Quality[sent])
    return Reading(logger_id, probe, at_us(minutes), sent, quality_of(sent))


def course(logger_id: str, temperatures: Sequence[Sent], *, start: float = 0, every: float = 5) -> list[Reading]:
    """Readings at equal intervals, in minutes."""
    return [reading(logger_id, start + i * every, sent) for i, sent in enumerate(temperatures)]


class Scenario:
    """Registers what a test names, and evaluates at the times it says."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.ids: SeriesIds = {}
        add_site(connection, "site", "The site", "Europe/Zurich")

    def container(
        self,
        name: str,
        profile_id: str = "cryo-80",
        loggers: Iterable[str] = ("logger",),
        range_c: tuple[float | None, float | None] = (-100.0, 50.0),
    ) -> None:
        """A container watched by these loggers from the start on."""
        add_container(self.connection, TESTER, name, "site", name.capitalize(), "freezer", profile_id)
        for logger_id in loggers:
            register_logger(self.connection, logger_id, "site", "Model T", *range_c)
            self.attach(name, logger_id)

    def attach(
        self, container: str, logger_id: str, start: float = 0, end: float | None = None, place: str = "air"
    ) -> None:
        """Attach a logger's only probe."""
        with self.connection.transaction():
            attach(
                self.connection,
                NewAttachment(
                    id=f"{container}-{logger_id}-{start}",
                    container_id=container,
                    logger_id=logger_id,
                    probe="",
                    place=place,
                    from_at=at(start),
                    until_at=None if end is None else at(end),
                    commissioned_at=at(start),
                ),
                BEFOREHAND,
            )

    def attach_new(self, container: str, logger_id: str, start: float) -> None:
        """Attach the only probe of a logger that was not known so far."""
        register_logger(self.connection, logger_id, "site", "Model T", -100.0, 50.0)
        self.attach(container, logger_id, start)

    def lot(
        self,
        name: str,
        container: str | None = None,
        profile_id: str = "cryo-80",
        start: float | None = 0,
        end: float | None = None,
    ) -> None:
        """A lot, in a container from its life's start on."""
        if not any(row.id == f"product-{profile_id}" for row in products(self.connection)):
            add_product_of_before(self.connection, f"product-{profile_id}", "A product", profile_id)
        with self.connection.transaction():
            register_lot(
                self.connection,
                NewLot(
                    id=name,
                    product_id=f"product-{profile_id}",
                    lot_number=name.upper(),
                    units=10,
                    life_starts_at=None if start is None else at(start),
                    life_ends_at=None if end is None else at(end),
                ),
                BEFOREHAND,
            )
        if container is not None:
            self.place(name, container, start or 0)

    def place(self, lot: str, container: str, start: float) -> None:
        """Put a lot into a container."""
        with self.connection.transaction():
            put(self.connection, f"{lot}-{container}-{start}", lot, container, at(start))

    def store(self, readings: Sequence[Reading]) -> Stored:
        """Store readings as ingest does, in one transaction."""
        ensure_series(self.connection, self.ids, [(r.logger_id, r.probe) for r in readings], {})
        with self.connection.transaction():
            return store_readings(
                self.connection, self.ids, rows_of(columns_of(readings, [r.measured_at_us for r in readings]))
            )

    def evaluate(self, minutes: float) -> Pass:
        """One pass of the evaluator at that time."""
        return evaluate_once(self.connection, AsOf(at_us(minutes)))

    def look_back(self, minutes: float) -> None:
        """Tell at that time of what was over before it was heard of."""
        concerned = containers_with_past(self.connection, at_us(minutes))
        tell_of_past(self.connection, concerned, all_profiles(self.connection), at_us(minutes))

    def judged(self, lot: str, minutes: float, behind_since_us: int | None = None) -> JudgedLot:
        """The verdict on a lot as it is told at that time."""
        behind = {} if behind_since_us is None else {lot: behind_since_us}
        return judge_lots(self.connection, [lot], AsOf(at_us(minutes)), behind_since_us=behind)[0]

    def verdict(self, lot: str, minutes: float) -> str:
        """Just the word."""
        return self.judged(lot, minutes).judgement.verdict.value
