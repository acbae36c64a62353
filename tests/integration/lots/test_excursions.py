"""The excursions of a lot: found from the readings around them alone, and only as many as are shown."""

import random

import pytest

from service.answers.excursions import excursions_of
from service.answers.watches import watches_over
from service.domain import spans
from service.domain.exposure.excursions import Watched, excursions
from service.store.pool import Connection
from tests.scenario import Scenario, Sent, at_us, course
from tests.seeds import drawn

DAY = 1_440
END = 9 * DAY


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Other weeks in every run."""
    if "seed" in metafunc.fixturenames:
        metafunc.parametrize("seed", drawn(metafunc, 2))


def warm_now_and_then(draw: random.Random) -> list[Sent]:
    """Nine days, a reading every five minutes: openings of the door, hours of warmth, spikes, "HI", and silence."""
    sent: list[Sent] = [round(draw.uniform(-82, -78), 1) for _ in range(END // 5)]
    for _ in range(40):
        start, length = draw.randrange(len(sent)), draw.choice([1, 1, 2, 3, 8, 20])
        warm = draw.choice([-59.5, -58.0, -40.0, 5.0, "HI", None])
        sent[start : start + length] = [warm] * len(sent[start : start + length])
    return sent


def store_of(connection: Connection, seed: str) -> Scenario:
    """A lot that was in a freezer with two probes, one of which was changed, and then in one with a door grace."""
    draw = random.Random(seed)
    store = Scenario(connection)
    store.container("first", loggers=["a", "b"])
    store.container("second", loggers=["c"])
    connection.execute("UPDATE containers SET door_grace_s = 900, mapping_study = 'M-1' WHERE id = 'second'")
    connection.execute("UPDATE recorded_attachments SET until_at = from_at + interval '2 days' WHERE series_id = 1")
    store.attach_new("first", "d", 2 * DAY)
    store.lot("lot", "first")
    store.place("lot", "second", 5 * DAY)
    for logger_id in "abcd":
        store.store(course(logger_id, warm_now_and_then(draw)))
    while store.evaluate(END).marks:
        pass
    return store


def test_what_is_around_an_excursion_tells_all_of_it(connection: Connection, seed: str) -> None:
    """Whether all readings of its life are looked at or those around excursions: peak, area and end are the same."""
    judged = store_of(connection, seed).judged("lot", END)
    whole = [
        Watched(
            spans.spans([(max(stay.from_us, at_us(0)), min(stay.until_us, at_us(END)))]),
            stay.until_us,
            watches_over(connection, stay.container_id, at_us(-1), at_us(END)),
        )
        for stay in judged.lot.stays
    ]
    expected = excursions(judged.judgement.exposure, whole, judged.profile, now_us=at_us(END))
    assert len(expected) > 10
    assert excursions_of(connection, judged, at_us(END)) == expected


def test_the_newest_are_the_end_of_all(connection: Connection, seed: str) -> None:
    """A freezer that warmed up a hundred times shows what came last, and reads nothing of what it does not show."""
    judged = store_of(connection, seed).judged("lot", END)
    found = sorted(excursions_of(connection, judged, at_us(END)), key=lambda one: one.from_us)
    for newest in (1, 5, 20, len(found) + 1):
        some = sorted(excursions_of(connection, judged, at_us(END), newest=newest), key=lambda one: one.from_us)
        assert len(some) >= min(newest, len(found))
        assert some == found[len(found) - len(some) :]
        assert newest > 5 or len(some) < len(found)
