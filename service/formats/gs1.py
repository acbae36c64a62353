"""Barcodes of GS1: element strings, as scanners send them or people copy them, and Digital Links of any host.

GS1 General Specifications 24: fields and their lengths (3.2), dates (3.4.2, 7.12), what divides fields (7.8); GS1
Digital Link 1.3. Scanners send the divider (FNC1) as GS, as "|", as "~1", or not at all: then what the code says can
only be guessed, and the guesses are told apart from what is read.
"""

import re
from calendar import monthrange
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from functools import lru_cache
from urllib.parse import urlsplit

from biip import ParseConfig, ParseError
from biip.gs1_application_identifiers import GS1ApplicationIdentifier
from biip.gs1_digital_link_uris import GS1DigitalLinkURI

from service.domain.registry.gtin import check_digit, gtin14
from service.domain.scan.label import Label, Scanned, WrongCodeError

#: What divides fields where a variable one is not the last.
GS = "\x1d"

#: What a scanner puts before a code to say of what kind it is: these are GS1's.
_GS1_SYMBOLS = ("]C1", "]d2", "]e0", "]J1", "]Q3")
_SYMBOL = re.compile(r"\][A-Za-z][0-9A-Za-z]")
_BRACKETED = re.compile(r"\(([0-9]{2,4})\)")
_LINK = re.compile("https?://", re.IGNORECASE)
_BEGINS_AS_NUMBER = re.compile("01[0-9]{14}|00[0-9]{18}")

#: Years are told by two digits: at most so many years ahead, and one less back (7.12).
_YEARS_AHEAD = 50
_AS_IT_STANDS = ParseConfig(gs1_element_strings_verify_date=False)
#: A code of which more has to be tried than this says nothing.
_MOST_TRIED = 5_000

#: Fields of a code: their identifier, and what they hold.
_Fields = tuple[tuple[str, str], ...]


def read_gs1(code: str, today: date) -> Scanned | None:
    """What a code of GS1 says; None: it is another code.

    Args:
        today: two digits of a year mean the one that is closest to it.

    Raises:
        WrongCodeError: a digit is wrong, or it only begins as such a code does.
    """
    text = code.strip(" \t\r\n")
    if _LINK.match(text):
        return _linked(text, today)
    marked = text.startswith((*_GS1_SYMBOLS, GS))
    text = unmarked(text).replace("~1", GS).replace("|", GS).strip(GS)
    if _BRACKETED.match(text):
        return Scanned((_label(_bracketed(text), today),))
    read, guessed = _labels(text, today)
    if any(label.gtin or label.sscc for label in (*read, *guessed)) or (marked and (read or guessed)):
        return Scanned(read, guessed)
    number = _BEGINS_AS_NUMBER.match(text)
    if number:
        _refuse_wrong_digit(text[:2], number[0][2:])
    if marked or number:
        raise WrongCodeError("unreadable", "its fields are none that GS1 knows, or one of them holds what it cannot")
    return None


def day_of(digits: str, today: date) -> date | None:
    """A date as a code has it; None: it is none."""
    if re.fullmatch("[0-9]{6}", digits) is None:
        return None
    try:
        return _day(digits, today)
    except WrongCodeError:
        return None


def unmarked(code: str) -> str:
    """A code without what the scanner puts before it, and without what ends a line."""
    text = code.strip(" \t\r\n")
    return text[3:] if _SYMBOL.match(text) else text


def is_lot_number(written: str) -> bool:
    """Whether GS1 codes can hold this as a lot number; people write others, with a blank for example."""
    found = _identifier("10")
    return found is not None and re.fullmatch(found.pattern, f"10{written}") is not None


def gtin_alone(code: str) -> str | None:
    """The 14 digits of a code that is a GTIN and nothing else, as a barcode on a box is; None: it is none."""
    try:
        return gtin14(unmarked(code))
    except ValueError:
        return None


def with_gtin(gtin: str, code: str, today: date, expires_on: date | None = None) -> Scanned:
    """What the second of two barcodes says after one that held the GTIN, and perhaps when it expires, but no lot.

    Raises:
        WrongCodeError: it is a code of GS1 that is none, or the two contradict each other.
    """
    first = Label(gtin=gtin, expires_on=expires_on)
    plain = replace(first, lot_number=unmarked(code))
    scanned = read_gs1(code, today)
    if scanned is None:
        # Without its mark, a lot number and the field of one cannot be told apart: the lots that are known can.
        read, guessed = _labels(unmarked(code), today)
        fields = [label for label in read if label.lot_number]
        scanned = Scanned((plain, *fields), guessed)
    read, guessed = (tuple(_after(first, label) for label in labels) for labels in (scanned.read, scanned.guessed))
    return Scanned(read, guessed)


def _after(first: Label, second: Label) -> Label:
    """What both barcodes say; a second with a number of its own is of something else."""
    if second.gtin or second.sscc:
        return second
    if first.expires_on and second.expires_on and first.expires_on != second.expires_on:
        said = f"the first barcode says that it expires on {first.expires_on}, and the second on {second.expires_on}"
        raise WrongCodeError("unreadable", f"{said}: are they of one vial?")
    return replace(second, gtin=first.gtin, expires_on=second.expires_on or first.expires_on)


def _linked(text: str, today: date) -> Scanned | None:
    try:
        path = urlsplit(text).path
        # Another page than a Digital Link is a code like any other.
        if not re.search("/(01|00|gtin|sscc)/", path):
            return None
        elements = GS1DigitalLinkURI.parse(text, config=_AS_IT_STANDS).element_strings
    except (ParseError, ValueError) as error:
        raise WrongCodeError("unreadable", f"it is no Digital Link that GS1 knows ({error})") from error
    return Scanned((_label(tuple((one.ai.ai, one.value) for one in elements), today),))


def _bracketed(text: str) -> _Fields:
    """As it is printed under a barcode, and as people copy it."""
    _, *parts = _BRACKETED.split("".join(text.split()))
    fields = tuple(zip(parts[::2], (part.strip(GS) for part in parts[1::2]), strict=True))
    for ai, held in fields:
        found = _identifier(ai)
        if found is None or found.ai != ai or not re.fullmatch(found.pattern, ai + held):
            raise WrongCodeError("unreadable", f"({ai}){held} is no field that GS1 knows")
    return fields


def _labels(text: str, today: date) -> tuple[tuple[Label, ...], tuple[Label, ...]]:
    """What an element string says: as it stands, and, where nothing divides its fields, what else it may say."""
    if not text.isascii():
        return (), ()
    whole = _divided(text)
    read = () if whole is None else _possible(whole, today)
    if GS in text:
        return read, ()
    tries = iter(range(_MOST_TRIED))
    guesses = dict.fromkeys(
        label for fields in _undivided(text, frozenset(), tries) for label in _possible(fields, today)
    )
    return read, tuple(label for label in guesses if label not in read)


def _divided(text: str) -> _Fields | None:
    """The fields where each variable one goes on to the next divider; None: there are none."""
    fields: list[tuple[str, str]] = []
    for part in text.split(GS):
        rest = part
        while rest:
            length = next(_lengths(rest), 0)
            found = _identifier(rest[:4])
            if found is None or not length or (found.separator_required and length < len(rest)):
                return None
            fields.append((found.ai, rest[len(found.ai) : length]))
            rest = rest[length:]
    names = [ai for ai, _ in fields]
    return tuple(fields) if len(set(names)) == len(names) else None


def _undivided(text: str, before: frozenset[str], tries: Iterator[int]) -> Iterator[_Fields]:
    """All fields that a text may hold of which nothing says where they end; no field is there twice.

    Raises:
        WrongCodeError: there is too much to try.
    """
    found = _identifier(text[:4])
    if found is None or found.ai in before:
        return
    for length in _lengths(text):
        if next(tries, None) is None:
            raise WrongCodeError("unreadable", "it is too long for a code whose fields nothing divides")
        field = (found.ai, text[len(found.ai) : length])
        if length == len(text):
            yield (field,)
        else:
            for others in _undivided(text[length:], before | {found.ai}, tries):
                yield (field, *others)


def _lengths(text: str) -> Iterator[int]:
    """How long the first field of a text may be, its identifier included: the longest first."""
    found = _identifier(text[:4])
    if found is None:
        return
    longest = re.match(found.pattern.removesuffix("$"), text)
    if longest is None:
        return
    shortest = longest.end() if not found.separator_required else len(found.ai) + 1
    pattern = re.compile(found.pattern)
    yield from (length for length in range(longest.end(), shortest - 1, -1) if pattern.fullmatch(text, 0, length))


@lru_cache(maxsize=1024)
def _identifier(begins: str) -> GS1ApplicationIdentifier | None:
    try:
        return GS1ApplicationIdentifier.extract(begins)
    except ParseError:
        return None


def _possible(fields: _Fields, today: date) -> tuple[Label, ...]:
    """The label of these fields; none: they cannot be so."""
    try:
        return (_label(fields, today),)
    except WrongCodeError:
        return ()


def _label(fields: _Fields, today: date) -> Label:
    """What fields say.

    Raises:
        WrongCodeError: they cannot be so, or say two things of one.
    """
    held = dict(fields)
    for ai, value in fields:
        if held[ai] != value:
            raise WrongCodeError(
                "unreadable",
                f"({ai}) stands there twice, as {value} and as {held[ai]}: is it the code of one vial alone?",
            )
    for ai in ("01", "00"):
        if ai in held:
            _refuse_wrong_digit(ai, held[ai])
    return Label(
        gtin=held.get("01"),
        lot_number=held.get("10"),
        expires_on=_day(held["17"], today) if "17" in held else None,
        serial=held.get("21"),
        sscc=held.get("00"),
    )


def _refuse_wrong_digit(ai: str, digits: str) -> None:
    wanted = check_digit(digits[:-1])
    if digits[-1] != str(wanted):
        what = "GTIN" if ai == "01" else "number of a shipping unit (SSCC)"
        raise WrongCodeError(
            "wrong_check_digit",
            f"{digits} is no {what}: its last digit is {digits[-1]}, and by the others it should be {wanted}; "
            "scan it again, or read it from the label digit by digit",
        )


def _day(digits: str, today: date) -> date:
    """YYMMDD as a day: day 00 is the last of its month (3.4.2), and a year the one that is closest (7.12)."""
    year, month, day = (int(digits[at : at + 2]) for at in (0, 2, 4))
    ahead = (year - today.year) % 100
    year = today.year + (ahead if ahead <= _YEARS_AHEAD else ahead - 100)
    try:
        return date(year, month, day or monthrange(year, month)[1])
    except ValueError as error:
        raise WrongCodeError(
            "unreadable", f"(17){digits} is no day; a date is year, month and day, as 261231"
        ) from error
