"""What a field may hold: checked, documented and refused in the same words."""

import re
import unicodedata
from datetime import UTC, date, datetime
from typing import Annotated, Any
from zoneinfo import available_timezones

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationInfo,
)

from service.domain.registry.gtin import gtin14
from service.domain.registry.ids import PATTERN, why_no_id
from service.formats.dialect import is_name

#: The largest number that names a row.
LARGEST_ID = 2**63 - 1

_SHA256 = re.compile("[0-9a-fA-F]{64}")
_ZONES = frozenset(available_timezones())
_NO_CONTROL_CHARACTERS = r"^[^\x00-\x1f\x7f]*$"

#: Outside these, a time is a slip of the keyboard; inside, it can be told in every zone and stored.
_EARLIEST = datetime(1900, 1, 1, tzinfo=UTC)
_LATEST = datetime(2200, 1, 1, tzinfo=UTC)

#: A number from here on that stands where a time should is likely one: seconds since 1970, of September 2001.
_EARLIEST_UNIX_S = 1_000_000_000
_NUMBER = re.compile("[0-9]{10,13}")
_DAY = re.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}")


def _id(text: str) -> str:
    if why := why_no_id(text):
        raise ValueError(why)
    return text


def _row_id(text: str) -> str:
    first, corrected, number = text.partition("~")
    if corrected and not (number.isascii() and number.isdigit() and len(number) <= 4 and number[0] != "0"):
        raise ValueError("after '~' comes the number of the version")
    return _id(first) + corrected + number


def text(given: str) -> str:
    """Refuse control characters."""
    if any(unicodedata.category(character) == "Cc" for character in given):
        raise ValueError("it has a control character in it, such as NUL or a line break; leave it out")
    return given


def _device_name(text: str) -> str:
    if not is_name(text):
        raise ValueError("use 1 to 128 printable characters")
    return text


def _probe(text: str) -> str:
    return _device_name(text) if text else text


def _zone(name: str) -> str:
    if name not in _ZONES:
        raise ValueError(f"{name[:40]!r} is no IANA time zone; give one such as Europe/Zurich")
    return name


def _instant(given: object) -> datetime:
    try:
        when = datetime.fromisoformat(given.upper() if isinstance(given, str) else "")
    except ValueError:
        raise ValueError(
            f"{_of_unix(given)}write a time as RFC 3339 with its offset, as 2026-01-31T06:00:00Z"
        ) from None
    if when.tzinfo is None:
        raise ValueError("it has no offset from UTC, so it names no instant; write it as 2026-01-31T06:00:00Z")
    if not _EARLIEST <= when < _LATEST:
        raise ValueError(f"it lies outside the years {_EARLIEST.year} to {_LATEST.year - 1}; check the year")
    return when.astimezone(UTC)


def _day(given: object) -> date:
    try:
        day = date.fromisoformat(given if isinstance(given, str) and _DAY.fullmatch(given) else "")
    except ValueError:
        raise ValueError("write a date as year, month and day, as 2026-01-31") from None
    if not _EARLIEST.date() <= day < _LATEST.date():
        raise ValueError(f"it lies outside the years {_EARLIEST.year} to {_LATEST.year - 1}; check the year")
    return day


def _of_unix(given: object) -> str:
    """What a number looks like that stands where a time should; empty: like nothing."""
    number = str(given)
    if not _NUMBER.fullmatch(number):
        return ""
    for unit, in_one_second in (("seconds", 1), ("milliseconds", 1_000)):
        seconds = int(number) // in_one_second
        if _EARLIEST_UNIX_S <= seconds < _LATEST.timestamp():
            when = datetime.fromtimestamp(seconds, UTC)
            return f"this looks like {unit} since 1970, which would be {when:%Y-%m-%dT%H:%M:%SZ}; "
    return ""


def after(earlier: str) -> AfterValidator:
    """The value must be greater than that of an earlier field of the same body, where both are given."""

    def check(value: Any, found: ValidationInfo) -> Any:
        other = found.data.get(earlier)
        if value is not None and other is not None and value <= other:
            raise ValueError(f"it must be {'after' if isinstance(value, datetime) else 'above'} {earlier.rstrip('_')}")
        return value

    return AfterValidator(check)


#: Ids we give: fit for addresses, labels and topics.
Id = Annotated[str, AfterValidator(_id), Field(json_schema_extra={"pattern": PATTERN})]

#: An id as a correction may have changed it: that of the third version of `x` is `x~3`.
RowId = Annotated[
    str, AfterValidator(_row_id), Field(json_schema_extra={"pattern": f"{PATTERN[:-1]}(~[1-9][0-9]{{0,3}})?$"})
]

#: What people call something.
Name = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=200),
    AfterValidator(text),
    Field(json_schema_extra={"pattern": _NO_CONTROL_CHARACTERS}),
]

#: Where in a container something is, as it is written there: ``B7``. Small letters are taken as large ones.
Position = Annotated[
    str,
    StringConstraints(strip_whitespace=True, to_upper=True, min_length=1, max_length=40),
    AfterValidator(text),
    Field(json_schema_extra={"pattern": _NO_CONTROL_CHARACTERS}),
]

#: Words that may be missing.
Text = Annotated[
    str,
    StringConstraints(strip_whitespace=True, max_length=200),
    AfterValidator(text),
    Field(json_schema_extra={"pattern": _NO_CONTROL_CHARACTERS}),
]

#: A logger or a site as a topic names it: exactly as sent, blanks and all.
DeviceName = Annotated[
    str,
    AfterValidator(_device_name),
    Field(json_schema_extra={"minLength": 1, "maxLength": 128, "pattern": _NO_CONTROL_CHARACTERS}),
]

#: A sensor of a logger; "" is its only one.
Probe = Annotated[
    str, AfterValidator(_probe), Field(json_schema_extra={"maxLength": 128, "pattern": _NO_CONTROL_CHARACTERS})
]

TimeZone = Annotated[str, AfterValidator(_zone)]
Instant = Annotated[datetime, BeforeValidator(_instant)]
Day = Annotated[date, BeforeValidator(_day)]
Temperature = Annotated[float, Field(ge=-273.15, le=1_000, allow_inf_nan=False)]


#: A GTIN of 8, 12, 13 or 14 digits; kept as 14.
Gtin = Annotated[str, AfterValidator(gtin14), Field(json_schema_extra={"pattern": "^[0-9]{8}([0-9]{4,6})?$"})]


def _sha256(given: str) -> str:
    if not _SHA256.fullmatch(given):
        raise ValueError("it is no SHA-256 in hexadecimal, which has 64 digits; give it as it was shown to you")
    return given.lower()


#: Of some bytes.
Sha256 = Annotated[str, AfterValidator(_sha256), Field(json_schema_extra={"pattern": f"^{_SHA256.pattern}$"})]


class In(BaseModel):
    """A body: what it does not know, it refuses."""

    model_config = ConfigDict(extra="forbid")


#: Why something is done: it is kept with the act.
Reason = Name


class ChangeIn(In):
    """A body that says what is to be different: what is left out stays as it is."""

    reason: Reason

    def given(self) -> dict[str, Any]:
        """What is to be different, by name."""
        return self.model_dump(exclude_unset=True, exclude={"reason"})


class Explainable(In):
    """A body that may change time already judged."""

    reason: Name | None = Field(
        None, description="Why it is recorded only now; required where it changes time already judged."
    )
