"""Many courses side by side through one installation, and what was answered compared with what must be."""

import random
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.differential.courses import Course
from tests.differential.doors import Installation
from tests.differential.facts import Facts
from tests.differential.happenings import MINUTE_US, SECOND_US, Act, as_heard, time_of_day
from tests.differential.oracle import Judged

#: 4 May 2026, 06:00 UTC.
BEGINS_US = 1_777_874_400 * SECOND_US

#: What the evaluator does at a stage: all there is, one pass, nothing, or everything anew; that may have begun before.
SETTLES, ONE_PASS, HALTED, ANEW, ANEW_SINCE = "settles", "one pass", "halted", "anew", "anew, begun before"

#: Two sums of roundings may differ by so much.
_CLOSE_US = 1_000


@dataclass(frozen=True)
class Schedule:
    """The stages of a batch, the same for all its courses, and what the evaluator does at each."""

    times_us: tuple[int, ...]
    evaluator: tuple[str, ...]


def schedule(seed: int, stages: int = 8) -> Schedule:
    """Of one batch."""
    chance = random.Random(f"schedule {seed}")
    times = [BEGINS_US]
    while len(times) < stages:
        times.append(times[-1] + chance.choice([7, 20, 45, 90, 90, 180]) * MINUTE_US)
    modes = [chance.choice([SETTLES, SETTLES, SETTLES, ONE_PASS, HALTED, ANEW, ANEW_SINCE]) for _ in times]
    return Schedule(tuple(times), (*modes[:-1], SETTLES))


@dataclass
class Played:
    """What became of a course: what was accepted, what was wrong, and when."""

    course: Course
    facts: Facts = field(default_factory=Facts)
    #: As of the evaluator's last pass that left nothing waiting.
    recorded: Facts = field(default_factory=Facts)
    wrong: list[str] = field(default_factory=list)
    #: The stage at which something was wrong first; -1: at none.
    first_wrong: int = -1
    answers: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    done: Counter[str] = field(default_factory=Counter)


#: Lots about which something waits: itself, a container that it ever was in, or a probe that ever was in one of them.
_WAITED_FOR = """
    SELECT DISTINCT lots.id AS lot_id FROM lots JOIN dirty ON dirty.lot_id = lots.id OR EXISTS (
        SELECT FROM placements LEFT JOIN attachments USING (container_id) WHERE placements.lot_id = lots.id
        AND (placements.container_id = dirty.container_id OR attachments.series_id = dirty.series_id)
    )
"""


def play(doors: Installation, courses: Iterable[Course], plan: Schedule) -> list[Played]:
    """All of them, stage by stage."""
    played = [Played(course) for course in courses]
    for number, (at_us, evaluator) in enumerate(zip(plan.times_us, plan.evaluator, strict=True)):
        doors.set(at_us)
        if evaluator == ANEW_SINCE:
            doors.begin_anew()
        _happen(doors, played, number)
        _ask_all(doors, played, settled=False)
        if evaluator == HALTED:
            doors.set(at_us + 20 * SECOND_US)
            _ask_behind(doors, played)
        elif evaluator == ONE_PASS:
            doors.evaluate(1)
            _ask_all(doors, played, settled=False)
        else:
            if evaluator == ANEW_SINCE:
                doors.evaluate(1)
                doors.end_anew()
            if evaluator == ANEW:
                doors.begin_anew()
                doors.end_anew()
            doors.evaluate()
            for one in played:
                one.recorded = one.facts.copy()
            _ask_all(doors, played, settled=True)
            doors.sweep_in_batches()
        for one in played:
            if one.wrong and one.first_wrong < 0:
                one.first_wrong = number
    return played


def _happen(doors: Installation, played: Sequence[Played], number: int) -> None:
    messages = []
    for one in played:
        for what in one.course.stages[number].happenings:
            if isinstance(what, Act):
                _act(doors, one, what)
                continue
            if what.door == "mqtt":
                messages.append(what)
            else:
                answer = doors.upload(what)
                if not answer.is_success:
                    one.wrong.append(f"refused: {what.says}: {answer.text}")
                    continue
            one.done[f"{what.kind} by {what.door}"] += 1
            one.facts.hear(what.probe, [(at_us, as_heard(what.dialect, value)) for at_us, value in what.values])
    doors.publish(messages)
    doors.sign()


def _act(doors: Installation, one: Played, act: Act) -> None:
    answer = doors.act(act)
    if answer.status_code >= 500:
        one.wrong.append(f"{act.says}: {answer.status_code} {answer.text}")
    elif answer.is_success:
        one.done[act.kind] += 1
        act.fact(one.facts)
    else:
        one.refused[act.kind] += 1


def _ask_behind(doors: Installation, played: Sequence[Played]) -> None:
    """Of a lot that something concerns which has waited for the evaluator for too long nothing good is said."""
    concerned = {row["lot_id"] for row in doors.connection.execute(_WAITED_FOR)}
    said = {row["id"]: row["answer"] for row in doors.lots()}
    for one in played:
        for lot_id in one.facts.lots:
            if lot_id in concerned and said.get(lot_id) == "usable":
                one.wrong.append(f"{lot_id} is usable 20 s after what the evaluator has not looked at")


def _ask_all(doors: Installation, played: Sequence[Played], *, settled: bool) -> None:
    now_us = doors.clock.us()
    said = {row["id"]: row for row in doors.lots()}
    for one in played:
        expected = one.facts.judged(now_us, None if settled else one.recorded)
        fresh = None
        for lot_id, must in expected.items():
            row = said[lot_id]
            one.answers += 1
            if row["answer"] == "usable" and "usable" not in must.answers:
                fresh = fresh or one.facts.judged(now_us)
                if "usable" in fresh[lot_id].answers:
                    continue
                when = "after" if settled else "before"
                one.wrong.append(
                    f"{time_of_day(now_us)} {lot_id} is usable {when} the evaluator's pass; it is {set(must.verdicts)}"
                )
            if settled:
                status = doors.status(lot_id)
                one.wrong += [f"{time_of_day(now_us)} {lot_id}: {text}" for text in differences(status, must)]
                if status["answer"] != row["answer"]:
                    one.wrong.append(f"{lot_id}: the list says {row['answer']}, its page {status['answer']}")


def differences(status: Mapping[str, Any], must: Judged) -> list[str]:
    """Where an answer is not what it must be."""
    found = []
    parts = {name.removesuffix("_s"): round(value * SECOND_US) for name, value in status["parts"].items()}
    for name, allowed in (
        ("life", (must.life, must.life)),
        ("above", (must.above, must.above)),
        ("below", (must.below, must.below)),
        ("gap", must.gap),
        ("pending", must.pending),
        ("in_range", must.in_range),
    ):
        found += _differs(name, parts[name], allowed)
    total_us = sum(parts.values()) - parts["life"]
    found += _differs("the sum of the parts", total_us, (parts["life"], parts["life"]))
    if len(status["limits"]) != len(must.limits):
        return [*found, f"there are {len(status['limits'])} limits, must be {len(must.limits)}"]
    for limit, used in zip(status["limits"], must.limits, strict=True):
        named = f"{limit['direction']} {limit['threshold_c']:g}"
        for name, allowed in (
            ("certain", (used.certain, used.certain)),
            ("longest_certain", (used.longest_certain, used.longest_certain)),
            ("possible", used.possible),
            ("longest_possible", used.longest_possible),
        ):
            found += _differs(f"{named} {name}", round(limit[f"{name}_s"] * SECOND_US), allowed)
    if status["verdict"] not in must.verdicts:
        found.append(f"verdict {status['verdict']} ({_codes(status)}), must be {set(must.verdicts)}")
    elif status["answer"] not in must.answers:
        found.append(f"answer {status['answer']} ({_codes(status)}), must be {set(must.answers)}")
    return found


def _differs(name: str, said_us: int, allowed: tuple[int, int]) -> list[str]:
    least, most = allowed
    if least - _CLOSE_US <= said_us <= most + _CLOSE_US:
        return []
    between = f"{least / SECOND_US:g}" if least == most else f"{least / SECOND_US:g} to {most / SECOND_US:g}"
    return [f"{name} is {said_us / SECOND_US:g} s, must be {between}"]


def _codes(status: Mapping[str, Any]) -> str:
    return ", ".join(reason["code"] for reason in status["reasons"])
