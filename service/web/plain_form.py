"""Pages that are one form: its fields with what was typed, and what is wrong beside each."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, tzinfo
from itertools import groupby

from fastapi import Request
from fastapi.responses import RedirectResponse, Response
from starlette.datastructures import FormData

from service.domain.corrections import Word
from service.domain.identity.actor import Actor
from service.domain.registry.ids import id_from, why_no_id
from service.domain.wall_clock import from_wall, is_to_come, zone_name
from service.errors import RefusedError, UnbrokenError
from service.settings import Settings
from service.store.pool import Connection
from service.web.answering import answered
from service.web.forms import A_LINE, A_REASON, NO_PROBLEMS, Field, Problems, problems, typed
from service.web.frame import frame
from service.web.rendering import page
from service.web.words import moment


@dataclass(frozen=True, slots=True)
class PlainForm:
    """A page with one form.

    Attributes:
        here: the name of the page among the links of all pages.
        intro: sentences above the fields.
        back, back_text: where one came from.
        done: what was recorded just before.
        lacks, lacks_path: what has to be there first, and where that is done; empty: nothing.
        also: other pages that help: the address of each, and what it does.
    """

    title: str
    action: str
    button: str
    here: str = ""
    intro: tuple[str, ...] = ()
    back: str = "/start"
    back_text: str = "First steps"
    done: str = ""
    lacks: str = ""
    lacks_path: str = "/start"
    also: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Sent:
    """What was sent by a form, and over what it is recorded."""

    connection: Connection
    settings: Settings
    now: datetime
    check: "Checks"
    fields: Mapping[str, Field]

    def word(self, actor: Actor, lost_since: datetime | None = None) -> Word:
        """Who records it now, and why, if they say so in the field `reason`."""
        settings = self.settings
        reason = self.check.text("reason") or None
        return Word(actor, self.now, settings.scan_delay_s, settings.clock_tolerance_s, reason, lost_since)


#: Asked where time already judged may change.
REASON = Field(
    "reason",
    "Why it is recorded only now",
    hint="Only where it changes time already judged: it is listed with it.",
    kind="lines",
    required=False,
)

_A_CODE = 2_000

#: What a page shows: its form and its fields, empty.
Make = Callable[[Connection, datetime], tuple[PlainForm, Sequence[Field]]]


def shown_form(request: Request, make: Make, given: Mapping[str, str] | None = None) -> Response:
    """The page of a form. `given`: what stands in its fields already."""

    def show(connection: Connection, _: Settings, now: datetime) -> Response:
        form, fields = make(connection, now)
        return _page(form, _filled(fields, given or {}, NO_PROBLEMS), now, NO_PROBLEMS)

    return answered(request, show)


def sent_form(request: Request, sent: FormData, make: Make, do: Callable[[Sent], str]) -> Response:
    """Record what was sent, and lead on; what is wrong is told beside its field, and nothing is recorded.

    Args:
        do: records it, and gives the address of the page that follows.
    """

    def act(connection: Connection, settings: Settings, now: datetime) -> Response:
        form, fields = make(connection, now)
        given = {one.name: _typed(sent, one) for one in fields}
        by_name = {one.name: one for one in fields}
        try:
            return RedirectResponse(do(Sent(connection, settings, now, Checks(given), by_name)), 303)
        except UnbrokenError as error:
            wrong = problems(error, {name: name for name in by_name} | {"from": "from_at"})
            return _page(form, _filled(fields, given, wrong), now, wrong)

    return answered(request, act)


def _typed(sent: FormData, one: Field) -> str:
    if one.kind == "scan":
        # What divides the fields of a GS1 code is no blank.
        text = sent.get(one.name)
        return text.strip(" \r\n")[:_A_CODE] if isinstance(text, str) else ""
    return typed(sent, one.name, A_REASON if one.kind == "lines" else A_LINE)


def _page(form: PlainForm, fields: Sequence[Field], now: datetime, wrong: Problems) -> Response:
    return page(
        "plain_form.html",
        200 if wrong == NO_PROBLEMS else 422,
        as_of=moment(now, frame().zone),
        form=form,
        scans=any(one.kind == "scan" for one in fields),
        groups=[(group, list(some)) for group, some in groupby(fields, lambda one: one.group)],
        wrong=wrong.of_all,
        mended=sum(1 for why in wrong.of_fields.values() if why),
    )


def _filled(fields: Sequence[Field], given: Mapping[str, str], wrong: Problems) -> list[Field]:
    return [replace(one, value=given.get(one.name, one.value), problem=wrong[one.name]) for one in fields]


class Checks:
    """What is wrong with what was typed, gathered, so that all of it is told at once."""

    def __init__(self, given: Mapping[str, str]) -> None:
        self._given = given
        self._wrong: list[tuple[str, str]] = []

    def wrong(self, field: str, why: str) -> None:
        """A field is wrong."""
        self._wrong.append((field, why))

    def text(self, field: str) -> str:
        """What stands in a field; empty: nothing."""
        return self._given.get(field, "")

    def words(self, field: str, missing: str) -> str:
        """What stands in a field that must not be empty."""
        text = self._given.get(field, "")
        if not text:
            self.wrong(field, missing)
        return text

    def chosen(self, field: Field) -> str:
        """What was chosen of a list."""
        value = self._given.get(field.name, "")
        if value not in {one for one, _ in field.choices} or (not value and field.required):
            self.wrong(field.name, "choose one of the list")
        return value

    def id_like(self, field: str, name: str) -> str:
        """The id that was typed, or else one made from a name."""
        text = self._given.get(field, "")
        found = text or id_from(name)
        if text and (why := why_no_id(text)):
            self.wrong(field, why)
        elif name and not found:
            self.wrong(field, "there is no letter of A–Z in its name: give it a short name")
        return found

    def number(self, field: str, what: str, least: float, most: float) -> float | None:
        """A number; None: nothing was typed, or it is none."""
        text = self._given.get(field, "").replace("−", "-")
        if not text:
            return None
        try:
            found = float(text)
        except ValueError:
            found = float("nan")
        if not least <= found <= most:
            self.wrong(field, f"type {what}, a number from {least:g} to {most:g}, with a point before decimals")
            return None
        return found

    def instant(self, field: str, zone: tzinfo, now: datetime) -> datetime | None:
        """A time on the wall there, that has been; None: nothing was typed, or it is none."""
        text = self._given.get(field, "")
        if not text:
            return None
        try:
            found = from_wall(text, zone, now)
        except (ValueError, OverflowError):
            self.wrong(field, "type a time such as 2026-11-30 14:05")
            return None
        if is_to_come(found, now):
            self.wrong(field, "it lies in the future; record it when it has happened")
        return found

    def refuse(self) -> None:
        """Refuse what is wrong so far.

        Raises:
            RefusedError: something is.
        """
        if self._wrong:
            raise RefusedError(*self._wrong[0], *self._wrong[1:])


def row_id(*parts: str, now: datetime) -> str:
    """An id for what is recorded now, in which people recognise what it is about."""
    about = id_from("-".join(part for part in parts if part))[:40]
    return f"{about}-{now:%Y%m%d%H%M%S%f}".strip("-")


def zone_text(zone: tzinfo, now: datetime) -> str:
    """How a field names the clock by which its time is told: ``'Europe/Zurich, now CET'``."""
    return f"{zone}, {zone_name(now, zone)}" if str(zone) != zone_name(now, zone) else str(zone)
