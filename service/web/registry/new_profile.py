"""The form of a new profile: conditions of one's own, begun with those of another."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime

from fastapi import APIRouter, Request
from fastapi.responses import Response

from service.acts.products import add_next_version
from service.auth.access import access_of
from service.domain.profiles import CRYO_80, Direction, Effect, Limit, Profile
from service.store.pool import Connection
from service.store.registry.profiles import latest_profile, profiles
from service.store.retry import retried
from service.web.forms import Field, TheForm, in_one_line
from service.web.plain_form import Checks, Make, PlainForm, Sent, sent_form, shown_form

router = APIRouter(include_in_schema=False)

#: As many limits are asked for; more of them are sent to /v1/profiles.
_LIMITS = 4

_COLDEST_C, _HOTTEST_C = -273.15, 1_000.0
_DAY_MIN = 1_440.0
#: A hundred years.
_MOST_MIN = 52_596_000.0

_SIDES = (("", "no limit"), (Direction.ABOVE.value, "above"), (Direction.BELOW.value, "below"))
_EFFECTS = ((Effect.CONDEMNS.value, "loses a lot"), (Effect.WARNS.value, "warns"))


@router.get("/new/profile")
def show_new_profile(request: Request, like: str = "") -> Response:
    """A form with the conditions of another profile in it."""
    return shown_form(request, _making(in_one_line(like)))


@router.post("/new/profile")
def send_new_profile(request: Request, form: TheForm) -> Response:
    """Store it, and lead on to a product; what is wrong is told beside its field."""
    actor = access_of(request).caller.actor

    def do(sent: Sent) -> str:
        check = sent.check
        name = check.words("name", "type what people call it")
        limits = tuple(_limits(sent))
        if not limits:
            check.wrong("side_1", "choose at least one limit")
        gap_min = check.number("max_gap_min", "minutes", 1, _DAY_MIN)
        if not check.text("max_gap_min"):
            check.wrong("max_gap_min", "type how far apart readings may be, in minutes")
        source = check.words("source", "say where these figures come from: a study, a label")
        profile_id = check.id_like("id", name)
        check.refuse()
        profile = Profile(profile_id, 1, name, limits, round((gap_min or 0) * 60), source=source)
        retried(add_next_version)(sent.connection, actor, profile)
        return f"/new/product?profile={profile_id}"

    return sent_form(request, form, _making(""), do)


def _limits(sent: Sent) -> Iterator[Limit]:
    for n in range(1, _LIMITS + 1):
        # What is no limit has no side.
        side = sent.check.text(f"side_{n}") and sent.check.chosen(sent.fields[f"side_{n}"])
        if side:
            found = _limit(sent.check, sent.fields, n, side)
            if found is not None:
                yield found


def _limit(check: Checks, fields: Mapping[str, Field], n: int, side: str) -> Limit | None:
    threshold_c = check.number(f"threshold_{n}", "degrees", _COLDEST_C, _HOTTEST_C)
    if not check.text(f"threshold_{n}"):
        check.wrong(f"threshold_{n}", "type degrees Celsius")
    effect = check.chosen(fields[f"effect_{n}"])
    budget_min = check.number(f"budget_{n}", "minutes", 0, _MOST_MIN)
    if effect == Effect.CONDEMNS and not check.text(f"budget_{n}"):
        check.wrong(f"budget_{n}", "type how many minutes are allowed in all; 0: none at all")
    delay_min = check.number(f"alarm_{n}", "minutes", 0, _DAY_MIN)
    if threshold_c is None or effect not in set(Effect):
        return None
    return Limit(
        Direction(side),
        threshold_c,
        Effect(effect),
        None if budget_min is None else round(budget_min * 60),
        alarm_delay_s=600 if delay_min is None else round(delay_min * 60),
    )


def _making(like: str) -> Make:
    def make(connection: Connection, _: datetime) -> tuple[PlainForm, list[Field]]:
        begun = latest_profile(connection, like) or CRYO_80
        others = sorted({one.id: one.name for one in profiles(connection)}.items())
        form = PlainForm(
            "Conditions of your own",
            "/new/profile",
            "Store this profile",
            "products",
            (
                "A profile says what a lot must be kept under. The product's own stability data decides; what stands "
                f"here is that of “{begun.name}”.",
                "It is never changed: sent again under the same short name, it is its next version.",
            ),
            back="/new/product",
            back_text="Register a product",
            also=tuple((f"/new/profile?like={one}", f"Begin with “{name}”") for one, name in others),
        )
        return form, [
            Field("name", "Name", hint="“Exosomes A, frozen”."),
            *(field for n in range(1, _LIMITS + 1) for field in _limit_fields(n, begun)),
            Field(
                "max_gap_min",
                "Readings may be apart, minutes",
                _minutes(begun.max_gap_s),
                "What lies farther apart proves nothing about the time between.",
            ),
            Field("source", "Where these figures come from", hint="A stability study, the label.", kind="lines"),
            Field("id", "Short name", hint="Left out, it is made from the name.", required=False),
        ]

    return make


def _limit_fields(n: int, begun: Profile) -> list[Field]:
    limit = begun.limits[n - 1] if n <= len(begun.limits) else None
    side, effect = ("", "condemns") if limit is None else (limit.direction.value, limit.effect.value)
    budget = "" if limit is None or limit.budget_s is None else _minutes(limit.budget_s)
    fields = (
        Field(f"side_{n}", "Harm lies", side, kind="choice", choices=_SIDES),
        Field(f"threshold_{n}", "°C", "" if limit is None else f"{limit.threshold_c:g}"),
        Field(f"effect_{n}", "Beyond it", effect, kind="choice", choices=_EFFECTS),
        Field(f"budget_{n}", "Minutes allowed in a life", budget),
        Field(f"alarm_{n}", "Minutes until people are told", "" if limit is None else _minutes(limit.alarm_delay_s)),
    )
    return [replace(field, group=f"Limit {n}") for field in fields]


def _minutes(seconds: int) -> str:
    return f"{seconds / 60:g}"
