"""What is wrong with a service, line by line, and what to do about each. Pure: the facts are asked for elsewhere."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from service.domain.clocks import Clock, agreed_ahead_us, clocks_text, known_later, wrong_clocks
from service.domain.instant import SECOND_US, duration_text
from service.domain.intake.ingest_work import IngestProcess, not_working
from service.domain.shares import what_nobody_does


@dataclass(frozen=True, slots=True)
class Line:
    """One thing looked at. `to_do`: what to do, where something is wrong; None: all is well."""

    about: str
    said: str
    to_do: str | None = None


def schema(missing: Sequence[str], unknown: Sequence[str]) -> Line:
    """Whether the database's schema is this version's."""
    if unknown:
        return Line("schema", f"of a newer version: {', '.join(unknown)}", "start that version of Unbroken")
    if missing:
        return Line("schema", f"lacks {', '.join(missing)}", "run `unbroken migrate`")
    return Line("schema", "up to date")


#: So many differences are named one by one.
_MOST = 5


@dataclass(frozen=True, slots=True)
class Difference:
    """Something a database role has too little or too much of, and the statement that mends it."""

    said: str
    statement: str


def roles(
    absent: Sequence[str],
    powers: Sequence[Difference],
    privileges: Sequence[Difference],
    strays: Sequence[tuple[str, str]],
) -> list[Line]:
    """Whether each part's database role may do what its part does, and no more, and whether the parts use them.

    Args:
        absent: roles that there are not.
        powers: what a role is that no part needs to be.
        privileges: what a role lacks or has too many.
        strays: parts at work, each with the role it came in as, which is not its own.
    """
    lines = []
    if absent:
        made = "; ".join(f"CREATE ROLE {role} LOGIN" for role in absent)
        to_do = f"run `{made}` as a superuser, then `unbroken migrate`, which grants each what it needs"
        lines.append(Line("database roles", f"there is no {', '.join(absent)}", to_do))
    lines += [Line("database roles", one.said, f"run `{one.statement}` as a superuser") for one in powers]
    for one in privileges[:_MOST]:
        to_do = f"run `{one.statement}`; `unbroken migrate` does that and all like it"
        lines.append(Line("database roles", one.said, to_do))
    if len(privileges) > _MOST:
        more = f"{len(privileges) - _MOST} more privileges are missing or too many"
        lines.append(Line("database roles", more, "run `unbroken migrate`"))
    for part, role in strays:
        said = f"{part} is at work as {role}, so its own role holds it to nothing"
        to_do = f"give it a UNBROKEN_DATABASE_URL of its own, with the user unbroken_{part} (deploy/README.md)"
        lines.append(Line("database roles", said, to_do))
    return lines or [Line("database roles", "each may do what its part does, and no more")]


def clocks(known: Sequence[Clock], now_us: int, latest_us: int | None, tolerance_us: int) -> list[Line]:
    """Each clock against the database's, and what is wrong with them."""
    lines = []
    wrong = wrong_clocks(known, tolerance_us)
    agreed_us = agreed_ahead_us(known, tolerance_us)
    for clock in [Clock("the database", 0), *known]:
        off_us = clock.ahead_us - agreed_us
        if abs(off_us) > tolerance_us:
            to_do = "set it right, and keep all clocks by NTP; until then no lot gets a good answer"
            lines.append(Line("clock", clocks_text([Clock(clock.who, off_us)]), to_do))
        else:
            lines.append(Line("clock", f"{clock.who}: {clock.ahead_us / SECOND_US:+.1f} s against the database"))
    later = known_later(now_us, latest_us, tolerance_us)
    if later is not None and not wrong:
        lines.append(
            Line(
                "clock",
                later,
                "find out whose clock was ahead then; once it is right, this passes with what is recorded next",
            )
        )
    return lines


def evaluator(of_nobody: Collection[int], waited_us: int | None, allowed_us: int) -> Line:
    """Whether what arrives is evaluated. `of_nobody`: the shares that no evaluator holds."""
    if of_nobody:
        to_do = "start `unbroken evaluate`; until then answers become not proven"
        return Line("evaluator", f"none {what_nobody_does(of_nobody)}", to_do)
    if waited_us is not None and waited_us > allowed_us:
        return Line(
            "evaluator", f"is behind by {duration_text(waited_us)}", "see its log, and what else uses this machine"
        )
    return Line("evaluator", "keeps up")


def unjudged(where: str, error: str) -> Line:
    """What the evaluator cannot judge, and why."""
    return Line(where, f"cannot be judged: {error}", "mend what is named; it is tried again every minute")


def ingest(known: Sequence[IngestProcess], now_us: int) -> Line:
    """Whether ingest hears and stores."""
    to_do = "start `python -m ingest`, and see its log: what loggers send is kept by the broker meanwhile"
    if not known:
        return Line("ingest", "has never been at work here", to_do)
    trouble = not_working(known, now_us)
    return Line("ingest", "is at work") if trouble is None else Line("ingest", trouble.why, to_do)
