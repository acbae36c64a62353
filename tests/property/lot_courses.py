"""Courses of acts and readings of one lot, as Hypothesis draws them; and what the service makes of them."""

from dataclasses import replace
from datetime import date

from hypothesis import strategies as st

from service.domain import spans
from service.domain.answers.answer import Answered, answer
from service.domain.answers.papers import (
    Asked,
    Assessment,
    Certificate,
    Decision,
    Disposition,
    Finding,
    JudgedItem,
    Outcome,
    Papers,
    Recall,
)
from service.domain.exposure.container import Record
from service.domain.exposure.lot import Stay, expose
from service.domain.instant import BEGINNING_US, END_US, SECOND_US
from service.domain.profiles import Direction, Effect, Limit, Profile
from service.domain.severity import Severity
from service.domain.verdicts.reasons import Reason
from service.domain.verdicts.verdict import Judgement, judge
from tests import answer_oracle as oracle
from tests.answer_oracle import COLD, HOT, SILENT, UNSURE, WARM, Allowed, Facts

LARGEST_GAP = 2
WARM_C, HOT_C = -60.0, -20.0

ticks = st.integers(0, 16)
Act = tuple[str, tuple[int, ...]]

#: What may happen, each with so many numbers that say of what, when and by whom.
ACTS = {
    "cold": 1,
    "time": 2,
    "late": 3,
    "adopt_profile": 0,
    "adopt_specification": 0,
    "adopt_release": 1,
    "certificate": 1,
    "sign_certificate": 1,
    "release": 1,
    "sign_release": 2,
    "quarantine": 0,
    "reject": 0,
    "recall": 0,
    "lift": 1,
    "sign_lift": 1,
    "assess": 3,
    "sign_assessment": 1,
    "strike": 1,
    "carried_in": 2,
    "soften": 0,
    "sign": 0,
    "expiry": 1,
    "end": 0,
}
#: What a lot is made usable by, in this order: so that a course often begins with all papers there.
WELL = [
    ("adopt_profile", ()),
    ("adopt_specification", ()),
    ("adopt_release", (2,)),
    ("cold", (3,)),
    ("certificate", (0,)),
    ("sign_certificate", (0,)),
    ("release", (2,)),
    ("sign_release", (0, 0)),
    ("sign_release", (0, 1)),
]

# Mostly harmless, so that a lot is not lost for good with the first act.
_names = st.sampled_from([*ACTS, *ACTS, "cold", "time", "time", "late", "assess", "sign_assessment", "sign_release"])


@st.composite
def an_act(draw: st.DrawFn) -> Act:
    """One thing that happens."""
    name = draw(_names)
    return name, tuple(draw(ticks) for _ in range(ACTS[name]))


@st.composite
def courses(draw: st.DrawFn) -> tuple[Facts, list[Act]]:
    """A lot, and what becomes of it; of its papers at first most are there, or none."""
    facts = Facts(
        [
            Allowed(frozenset({WARM, HOT}), draw(st.integers(2, 6)), draw(st.none() | st.integers(1, 4))),
            Allowed(frozenset({HOT}), draw(st.none() | st.integers(0, 2)), condemns=draw(st.booleans())),
        ],
        LARGEST_GAP,
        from_before=draw(st.sampled_from([False, False, True])),
        elsewhere=draw(st.just(set[int]()) | st.just(set[int]()) | st.sets(ticks, max_size=2)),
        start_known=draw(st.sampled_from([True, True, True, False])),
    )
    acts = list(WELL)
    for at in sorted(draw(st.sets(st.integers(0, len(WELL) - 1), max_size=2)), reverse=True):
        del acts[at]
    first = draw(st.sampled_from([acts, acts, []]))
    return facts, [*first, *draw(st.lists(an_act(), max_size=14))]


def happen(facts: Facts, act: Act) -> None:
    """An act, or time, or readings; what cannot be is left out."""
    name, numbers = act
    for subject in (_time_passes, _product_asks, _decided, _assessed, _recorded):
        subject(facts, name, *numbers)


def _time_passes(facts: Facts, name: str, one: int = 0, other: int = 0, third: int = 0) -> None:
    match name:
        case "cold":
            facts.ticks += [COLD] * (one % 4 + 1)
        case "time":
            facts.ticks += [(SILENT, COLD, WARM, HOT, UNSURE, SILENT)[other % 6]] * (one % 4 + 1)
        case "late" if facts.ticks:
            from_tick = one % facts.now
            for tick in range(from_tick, min(from_tick + other % 4 + 1, facts.now)):
                # What came first stays; only what was unknown is told late.
                if facts.ticks[tick] in (SILENT, UNSURE):
                    facts.ticks[tick] = (COLD, COLD, WARM, HOT)[third % 4]


def _product_asks(facts: Facts, name: str, one: int = 0, *_: int) -> None:
    match name:
        case "adopt_profile":
            facts.profile_adopted = True
        case "adopt_specification":
            facts.specification_adopted = True
        case "adopt_release":
            facts.adopted_signatures = one % 3
        case "certificate" if facts.specification_adopted:
            facts.certificates.append(oracle.Certificate(fails=one % 5 == 3, lacks=one % 5 in (1, 3)))
        case "sign_certificate" if facts.certificates:
            facts.certificates[-1 - one % len(facts.certificates)].is_signed = True


def _decided(facts: Facts, name: str, one: int = 0, other: int = 0, *_: int) -> None:
    match name:
        case "release":
            facts.decisions.append(oracle.Decision("released", max(1, facts.adopted_signatures)))
        case "sign_release" if facts.decisions and facts.decisions[-1].what == "released":
            facts.decisions[-1].signers.add(f"quality-{other % 2}")
        case "quarantine":
            facts.decisions.append(oracle.Decision("quarantined"))
        case "reject":
            facts.decisions.append(oracle.Decision("rejected"))
        case "recall":
            facts.recalls.append(oracle.Recall())
        case "lift" if facts.recalls:
            facts.recalls[one % len(facts.recalls)].lift_recorded = True
        case "sign_lift" if facts.recalls and facts.recalls[one % len(facts.recalls)].lift_recorded:
            facts.recalls[one % len(facts.recalls)].lift_signed = True


def _assessed(facts: Facts, name: str, one: int = 0, other: int = 0, third: int = 0) -> None:
    match name:
        case "assess" if facts.ticks:
            from_tick = one % facts.now
            until_tick = min(from_tick + other % 7 + 1, facts.now)
            accepted = min(third % 4, until_tick - from_tick)
            found = oracle.Assessment(
                from_tick, until_tick, accepted, of=("gap", "gap", "disputed", "excursion")[third // 4 % 4]
            )
            facts.assessments.append(found)
        case "sign_assessment" if facts.assessments:
            facts.assessments[-1 - one % len(facts.assessments)].is_signed = True
        case "strike" if facts.assessments:
            facts.assessments[one % len(facts.assessments)].is_struck = True


def _recorded(facts: Facts, name: str, one: int = 0, other: int = 0, *_: int) -> None:
    match name:
        case "carried_in":
            facts.carried, facts.life_from, facts.start_known = [one % 4, other % 2], min(1, facts.now), True
            facts.unsigned += 1
        case "soften":
            facts.unsigned += 1
        case "sign":
            facts.unsigned = 0
        case "expiry":
            facts.expires = facts.now + one
        case "end" if facts.now % 3 == 0 and facts.life_until is None:
            facts.life_until = facts.now


def judgement_of(facts: Facts) -> Judgement:
    """What the service makes of these ticks: a container's record of them, and the lot's life laid over it."""

    def where(*states: str) -> spans.Spans:
        return spans.spans(
            (tick * SECOND_US, (tick + 1) * SECOND_US) for tick in range(facts.now) if facts.ticks[tick] in states
        )

    first, second = facts.limits
    profile = Profile(
        id="drawn",
        version=1,
        name="Drawn",
        limits=tuple(
            Limit(
                Direction.ABOVE,
                threshold_c,
                Effect.CONDEMNS if limit.condemns else Effect.WARNS,
                limit.total,
                limit.single,
            )
            for limit, threshold_c in ((first, WARM_C), (second, HOT_C))
        ),
        max_gap_s=LARGEST_GAP,
    )
    heard = [tick for tick in range(facts.now) if facts.ticks[tick] != SILENT]
    until_us = (heard[-1] + 1) * SECOND_US if heard else BEGINNING_US
    keys = [(Direction.ABOVE, WARM_C), (Direction.ABOVE, HOT_C)]
    record = Record(
        beyond={keys[0]: where(WARM, HOT), keys[1]: where(HOT)},
        disputed=dict.fromkeys(keys, where(UNSURE)),
        gaps=spans.clip(where(SILENT), 0, until_us) if heard else spans.NONE,
        measured_until_us=until_us,
    )
    stays, reached = [], 0
    for tick in [*sorted(facts.elsewhere), None]:
        until = END_US if tick is None else tick * SECOND_US
        if reached < until:
            stays.append(Stay("A", reached, until))
        reached = until + SECOND_US
    life_until_us = END_US if facts.life_until is None else facts.life_until * SECOND_US
    exposure = expose(
        facts.life_from * SECOND_US, life_until_us, stays, {"A": record}, profile, now_us=facts.now * SECOND_US
    )
    if facts.carried:
        limits = zip(exposure.limits, facts.carried, strict=True)
        exposure = replace(
            exposure, limits=tuple(replace(found, carried_us=used * SECOND_US) for found, used in limits)
        )
    return judge(exposure, profile, life_start_known=facts.start_known)


def papers_of(facts: Facts) -> Papers:
    """The papers in force, as the service takes them."""
    versions = list(enumerate(facts.certificates, start=1))
    newest, failing = versions[-1:], [versions[version] for version in oracle.failing_versions(facts)[-1:]]
    decided = oracle.in_force(facts.decisions)
    open_recalls = [one for one in facts.recalls if not one.lift_signed]
    ended = facts.life_until is not None and facts.life_until <= facts.now
    return Papers(
        asked=Asked(
            facts.from_before,
            facts.profile_adopted,
            by_migration=False,
            specification=("exosomes", 1) if facts.specification_adopted else None,
            release_signatures=facts.adopted_signatures,
        ),
        certificates=tuple(certificate_of(*one) for one in (newest if newest == failing else newest + failing)),
        disposition=None
        if decided is None
        else Disposition(Decision(decided.what), "a reason", "Quality", 0, 0 if decided.lapsed else None),
        recall=Recall(1, "a reason", "Quality", 0) if open_recalls else None,
        assessments=tuple(
            Assessment(
                number,
                Finding(one.of),
                one.from_tick * SECOND_US,
                one.until_tick * SECOND_US,
                one.accepted * SECOND_US,
                "D-1",
                "Quality",
            )
            for number, one in enumerate(facts.assessments)
            if one.is_signed and not one.is_struck
        ),
        expires_on=None if facts.expires is None else date(2027, 1, 31),
        expired_us=None if facts.expires is None else facts.expires * SECOND_US,
        unsigned=Reason("unsigned_change", "A change waits.", Severity.WARNING, 0) if facts.unsigned else None,
        life_ended_us=facts.life_until * SECOND_US if ended and facts.life_until is not None else None,
    )


def certificate_of(version: int, one: oracle.Certificate) -> Certificate:
    """A version of a certificate with one item that fails, or lacks, or passes."""
    outcomes = [Outcome.PASS, *([Outcome.FAIL] if one.fails else []), *([Outcome.MISSING] if one.lacks else [])]
    items = tuple(JudgedItem(f"item-{n}", f"Item {n}", outcome, None, "as it is") for n, outcome in enumerate(outcomes))
    return Certificate(version, "exosomes", 1, date(2026, 1, 1), "A signatory", items, one.is_signed, 0)


def answer_of(facts: Facts) -> Answered:
    """The service's answer."""
    return answer(judgement_of(facts), papers_of(facts), facts.now * SECOND_US)
