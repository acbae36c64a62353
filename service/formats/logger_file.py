"""A logger's own file: what it says of itself, and its readings, as columns to be small."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import overload

import numpy as np
from numpy.typing import NDArray

from service.domain.instant import to_datetime
from service.domain.series.quality import Quality
from service.formats.columns import Columns
from service.formats.dialect import Clock, is_name
from service.formats.logger_names import refuse_foreign
from service.formats.reading import Reading, Rejection
from service.formats.understood import Understood, UnderstoodLog
from service.formats.wording import shown


class Readings(Sequence[Reading]):
    """Readings of one logger, in the order of its file; each is made when it is asked for.

    Attributes:
        probes: the names that `probe` counts.
        probe, measured_at_us, temperature_c, quality: shape (n,); NaN where there is no number.
    """

    __slots__ = ("logger_id", "measured_at_us", "probe", "probes", "quality", "temperature_c")

    def __init__(
        self,
        logger_id: str,
        probes: Sequence[str],
        probe: NDArray[np.int32],
        measured_at_us: NDArray[np.int64],
        temperature_c: NDArray[np.float64],
        quality: NDArray[np.int8],
    ) -> None:
        self.logger_id = logger_id
        self.probes = list(probes)
        self.probe = probe
        self.measured_at_us = measured_at_us
        self.temperature_c = temperature_c
        self.quality = quality

    @classmethod
    def of(cls, readings: Sequence[Reading]) -> "Readings":
        """From readings of one logger."""
        probes: dict[str, int] = {}
        probe = np.array([probes.setdefault(r.probe, len(probes)) for r in readings], dtype=np.int32)
        return cls(
            readings[0].logger_id if readings else "",
            list(probes),
            probe,
            np.array([r.measured_at_us for r in readings], dtype=np.int64),
            np.array([r.temperature_c for r in readings], dtype=np.float64),  # None becomes NaN
            np.array([r.quality for r in readings], dtype=np.int8),
        )

    def __len__(self) -> int:
        return len(self.measured_at_us)

    @overload
    def __getitem__(self, place: int) -> Reading: ...
    @overload
    def __getitem__(self, place: slice | NDArray[np.bool_]) -> "Readings": ...
    def __getitem__(self, place: int | slice | NDArray[np.bool_]) -> "Reading | Readings":
        if isinstance(place, slice | np.ndarray):
            return Readings(
                self.logger_id,
                self.probes,
                self.probe[place],
                self.measured_at_us[place],
                self.temperature_c[place],
                self.quality[place],
            )
        number = float(self.temperature_c[place])
        return Reading(
            self.logger_id,
            self.probes[self.probe[place]],
            int(self.measured_at_us[place]),
            None if np.isnan(number) else number,
            Quality(int(self.quality[place])),
        )

    def __iter__(self) -> Iterator[Reading]:
        return (self[place] for place in range(len(self)))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Readings) and list(self) == list(other)

    __hash__ = None  # type: ignore[assignment]  # it compares by its contents, as a list does

    def columns(self, received_at_us: int) -> Columns:
        """As the store takes them; all of them arrived at one time."""
        count = len(self)
        return Columns(
            keys=[(self.logger_id, probe) for probe in self.probes],
            key=self.probe.astype(np.int64),
            by_name={
                "measured_at": self.measured_at_us,
                "received_at": np.full(count, received_at_us, dtype=np.int64),
                "temperature_c": self.temperature_c,
                "quality": self.quality.astype(np.int16),
                "humidity_pct": np.full(count, np.nan),
                "battery_v": np.full(count, np.nan),
                "seq": np.full(count, -1, dtype=np.int64),
                "stamped_on_arrival": np.zeros(count, dtype=np.bool_),
            },
        )


@dataclass(frozen=True, slots=True)
class LoggerFile:
    """A logger's own file: who it is, what it measured, what it says of itself.

    Attributes:
        logger_id: the serial number in the file, if it has one.
        model: the device's own name.
        interval_s: its logging interval, if stated.
        starts_at_us, ends_at_us: the window the device says it was logging in, if stated.
        range_min_c, range_max_c: what the device can measure, if known from its model.
        understood: how its table was read, or its messages, if it has any.
        dialect: in which its messages are, if it is a log of such: then it may bear the id of such a device.
        own_figures: the device's own statements (for example ``mkt_c``), shown beside ours, never used.
    """

    logger_id: str | None
    model: str
    readings: Readings
    interval_s: int | None = None
    starts_at_us: int | None = None
    ends_at_us: int | None = None
    range_min_c: float | None = None
    range_max_c: float | None = None
    own_figures: dict[str, str] = field(default_factory=dict)
    understood: Understood | UnderstoodLog | None = None
    dialect: str | None = None


def refuse_unbelievable(file: LoggerFile, received_at_us: int, clock: Clock) -> None:
    """Refuse a file whose times nobody can believe, or whose logger or probes have names that they may not have.

    Raises:
        Rejection: ``time_too_early``, ``time_ahead``, ``bad_name`` or ``reserved_name``.
    """
    readings = file.readings
    first_us, last_us = int(readings.measured_at_us.min()), int(readings.measured_at_us.max())
    mend = "see that the zone is right and the logger's clock was set"
    if first_us < clock.earliest_us:
        earliest = to_datetime(clock.earliest_us)
        raise Rejection("time_too_early", f"the file has readings from before {earliest:%Y-%m-%d}; {mend}")
    if last_us > received_at_us + clock.ahead_us:
        ahead = timedelta(microseconds=last_us - received_at_us)
        raise Rejection("time_ahead", f"the file's last reading lies {ahead} ahead of now; {mend}")
    if not (file.dialect and readings.logger_id.startswith(f"{file.dialect}:")):
        refuse_foreign(readings.logger_id)
    for name in [readings.logger_id, *filter(None, readings.probes)]:
        if not is_name(name):
            raise Rejection(
                "bad_name", f"{shown(name)} cannot name a logger or a probe; use 1 to 128 printable characters"
            )
