"""A storehouse of freezers that are all well."""

from collections import Counter

from simulators.storehouse import Storehouse

BORN_MS = 1_795_000_000_000
MINUTE_MS = 60_000


def test_every_logger_measures_once_a_minute_and_within_limits() -> None:
    """A freezer that is only kept shut stays within the limits of its lots."""
    stations = Storehouse(120, BORN_MS, every_s=60).stations(BORN_MS)
    for station in stations:
        samples = station.source.between(station.begins_ms, station.begins_ms + 30 * MINUTE_MS)
        assert [sample.at_ms for sample in samples] == [station.begins_ms + n * MINUTE_MS for n in range(30)]
        assert all(-90 < float(str(sample.payload["temperature_c"])) < -60 for sample in samples)
    assert len({station.begins_ms for station in stations}) > 100, "each has a second of its own"


def test_loggers_that_report_together_do_so_at_one_moment() -> None:
    """Loggers set to the full minute all report in the same second, whenever their gateway is switched on."""
    later_ms = BORN_MS + 90_500
    stations = Storehouse(50, BORN_MS, every_s=60, together=True).stations(later_ms)
    assert {station.begins_ms for station in stations} == {BORN_MS + 2 * MINUTE_MS}


def test_each_thing_is_registered_once_and_after_what_it_refers_to() -> None:
    """A freezer is known before its logger is put into it, and before its lot is."""
    stages = Storehouse(120, BORN_MS, every_s=60).world().stages()
    entries = [entry for groups in stages for group in groups for entry in group]
    assert set(Counter((entry.path, entry.body["id"]) for entry in entries).values()) == {1}
    known: set[object] = set()
    for groups in stages:
        # What another group of the same stage registers may not be there yet.
        seen_in_stage: set[object] = set()
        for group in groups:
            of_group = set(known)
            for entry in group:
                parts = entry.path.split("/")
                referred = {value for name, value in entry.body.items() if name in _REFERENCES}
                referred |= set(parts[3:4])
                assert referred <= of_group
                of_group.add(entry.body["id"])
            seen_in_stage |= of_group
        known = seen_in_stage
    assert sum(entry.path == "/v1/lots" for entry in entries) == 120


_REFERENCES = {"site_id", "product_id", "container_id", "logger_id"}
