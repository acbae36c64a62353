"""In whatever order readings reach the real database, beside a working evaluator too, they end as arrival in order."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import count

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from service.acts.attachments import attach
from service.acts.containers import add_container
from service.acts.intake import take
from service.acts.lots import register_lot
from service.domain.exposure.container import Record, thresholds_of
from service.domain.instant import to_datetime
from service.domain.series.quality import Quality, quality_of
from service.evaluator.run import run
from service.formats.reading import Reading
from service.store.dirty import waiting_since
from service.store.exposure.records import load_records
from service.store.lots.answers import states_before
from service.store.lots.lots import NewLot
from service.store.pool import Connection, connect
from service.store.registry import loggers
from service.store.registry.attachments import NewAttachment
from service.store.registry.profiles import add_profile_if_new
from tests.acting import TESTER
from tests.eventually import eventually
from tests.oracle import Allowed, Series
from tests.papers import add_product_of_before
from tests.placing import put
from tests.property.histories import HORIZON_US, MAX_GAP_S, plain, profile_of, record_of, series
from tests.property.test_late_readings import Arrival, deliveries
from tests.scenario import BEFOREHAND, Scenario, at_us

pytestmark = pytest.mark.long

#: Each case is a cold store of its own within one real database, judged several times: a tenth of a second.
THROUGH_THE_DATABASE = settings(max_examples=70, deadline=None, suppress_health_check=list(HealthCheck))
#: What two connections make of one another's timing is not told more simply by trying less of it.
SIDE_BY_SIDE = settings(THROUGH_THE_DATABASE, phases=[Phase.explicit, Phase.reuse, Phase.generate])

PROFILE = replace(
    profile_of(
        [
            Allowed("above", -60.0, budget_s=4, single_s=2),
            Allowed("above", -20.0, budget_s=1),
            Allowed("below", -90.0, condemns=False),
        ]
    ),
    id="late-arrival",
)
BEGINS_US = at_us(0)
NOW_US = BEGINS_US + 2 * HORIZON_US

#: A probe may only be attached where its range spans the limits; not to know its range is allowed.
PROBES = st.builds(
    lambda probe, range_c: replace(probe, range_min_c=range_c[0], range_max_c=range_c[1], door_grace_s=0),
    series(),
    st.sampled_from([(None, None), (-95.0, 0.0)]),
)

_numbers = count(1)


def cold_store(connection: Connection) -> Scenario:
    """One site for all cases."""
    add_profile_if_new(connection, PROFILE)
    found = Scenario(connection)
    add_product_of_before(connection, "product", "A product", PROFILE.id)
    return found


def furnished(connection: Connection, probes: list[Series]) -> str:
    """A freezer with these probes, and in it a lot of the same name; readings are yet to come."""
    name = f"freezer-{next(_numbers)}"
    add_container(connection, TESTER, name, "site", name, "freezer", PROFILE.id)
    with connection.transaction():
        for n, probe in enumerate(probes):
            logger_id = f"{name}-{n}"
            loggers.register_logger(connection, logger_id, "site", "", probe.range_min_c, probe.range_max_c)
            from_at = to_datetime(BEGINS_US + probe.from_us)
            attach(
                connection,
                NewAttachment(
                    id=logger_id,
                    container_id=name,
                    logger_id=logger_id,
                    probe="",
                    place="air",
                    from_at=from_at,
                    until_at=None if probe.until_us is None else to_datetime(BEGINS_US + probe.until_us),
                    commissioned_at=from_at,
                ),
                BEFOREHAND,
            )
        begins = to_datetime(BEGINS_US)
        register_lot(
            connection,
            NewLot(
                id=name,
                product_id="product",
                lot_number=name,
                units=1,
                life_starts_at=begins,
                life_ends_at=to_datetime(BEGINS_US + HORIZON_US),
            ),
            BEFOREHAND,
        )
        put(connection, name, name, name, begins)
    return name


def as_sent(name: str, batch: list[Arrival]) -> list[Reading]:
    """Readings of a freezer's loggers."""
    return [
        Reading(f"{name}-{one.probe}", "", BEGINS_US + one.at_us, None, Quality[one.value])
        if isinstance(one.value, str)
        else Reading(f"{name}-{one.probe}", "", BEGINS_US + one.at_us, one.value, quality_of(one.value))
        for one in batch
    ]


def in_order(batches: list[list[Arrival]]) -> list[list[Arrival]]:
    """The same, each once, as loggers measured them, in as many batches."""
    every = sorted({one for batch in batches for one in batch}, key=lambda one: (one.at_us, one.probe))
    size = -(-len(every) // len(batches)) if batches else 1
    return [every[first : first + size] for first in range(0, len(every), size)]


def ended(connection: Connection, name: str) -> tuple[object, ...]:
    """The spans of a freezer, and the verdict on its lot with its reasons, as they are stored."""
    record = load_records(connection, [name])[name, MAX_GAP_S]
    state = states_before(connection, [name])[name]
    return *plain(record), state.verdict, state.reason_codes


def judged_at_once(probes: list[Series]) -> Record:
    """The record by the domain alone, from everything that was measured."""
    moved = [
        replace(
            probe,
            readings=tuple((BEGINS_US + at, value) for at, value in probe.readings),
            from_us=BEGINS_US + probe.from_us,
            until_us=None if probe.until_us is None else BEGINS_US + probe.until_us,
        )
        for probe in probes
    ]
    return record_of(moved, thresholds_of([PROFILE]))


@contextmanager
def evaluating(database_url: str) -> Iterator[None]:
    """An evaluator at work beside us."""
    stop = threading.Event()
    thread = threading.Thread(target=run, args=(database_url, stop))
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def test_late_arrival_in_any_order_ends_where_arrival_in_order_ends(connection: Connection) -> None:
    """A shipper that uploads its memory a week late, doubled and in pieces, proves what one always in reach proves."""
    scenario = cold_store(connection)

    @THROUGH_THE_DATABASE
    @given(deliveries(PROBES))
    def check(delivery: tuple[list[Series], list[list[Arrival]]]) -> None:
        probes, batches = delivery
        late, punctual = furnished(connection, probes), furnished(connection, probes)
        for name, arriving in ((late, batches), (punctual, in_order(batches))):
            for batch in arriving:
                scenario.store(as_sent(name, batch))
                scenario.evaluate((NOW_US - BEGINS_US) / 60_000_000)
        scenario.evaluate((NOW_US - BEGINS_US) / 60_000_000)
        assert ended(connection, late) == ended(connection, punctual)
        assert ended(connection, late)[:-2] == plain(judged_at_once(probes))

    check()


def test_late_arrival_beside_a_working_evaluator_ends_where_arrival_in_order_ends(
    connection: Connection, database_url: str
) -> None:
    """Whatever the evaluator is in the middle of when a late reading comes in, the lot's history ends the same."""
    cold_store(connection)

    def write(name: str, arriving: list[list[Arrival]]) -> None:
        with connect(database_url, application="writer", actor=TESTER) as own:
            for batch in arriving:
                take(own, TESTER, as_sent(name, batch), NOW_US)

    @SIDE_BY_SIDE
    @given(deliveries(PROBES), st.booleans())
    def check(delivery: tuple[list[Series], list[list[Arrival]]], at_the_same_time: bool) -> None:
        probes, batches = delivery
        late, punctual = furnished(connection, probes), furnished(connection, probes)
        other = threading.Thread(target=write, args=(punctual, in_order(batches)))
        other.start()
        if not at_the_same_time:
            other.join()
        write(late, batches)
        other.join()
        eventually(lambda: waiting_since(connection) is None, 30, "everything is evaluated")
        assert ended(connection, late) == ended(connection, punctual)
        assert ended(connection, late)[:-2] == plain(judged_at_once(probes))

    with evaluating(database_url):
        check()
