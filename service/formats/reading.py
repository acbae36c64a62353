"""What every format turns its bytes into."""

from collections.abc import Mapping

import msgspec

from service.domain.series.quality import Quality
from service.errors import UnbrokenError


class Rejection(UnbrokenError):  # noqa: N818  it is the word our users read: a message is rejected
    """The bytes, or a part of them, cannot become readings.

    Attributes:
        code: a documented, stable word such as ``not_json`` or ``time_ahead``.
        loggers: whose readings were refused and why, where the payload says it.
    """

    def __init__(self, code: str, message: str, loggers: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.loggers = loggers or {}


class Reading(msgspec.Struct, frozen=True, gc=False):
    """One temperature as the logger sent it. `measured_at_us`: integer microseconds since 1970, UTC.

    `stamped_on_arrival`: the logger said no time, and `measured_at_us` is when the message reached us.
    A msgspec Struct, because ingest makes one for each reading: it costs a tenth of a frozen dataclass.
    """

    logger_id: str
    probe: str
    measured_at_us: int
    temperature_c: float | None
    quality: Quality
    humidity_pct: float | None = None
    battery_v: float | None = None
    seq: int | None = None
    stamped_on_arrival: bool = False


class Decoded(msgspec.Struct, frozen=True):
    """The good readings of one message, and why the rest of it, if any, was not taken.

    Attributes:
        site: where the topic says the logger is, if it does.
        online: the logger, and whether it says it is connected, of a message about that alone.
        firmware: what such a message says the logger runs, if it does.
    """

    readings: list[Reading]
    rejection: Rejection | None = None
    unknown_fields: int = 0
    site: str | None = None
    online: tuple[str, bool] | None = None
    firmware: str | None = None
