"""What people do in a course: move lots, attach probes and take them out, and put right what was wrong."""

from collections.abc import Callable
from typing import Any

from tests.differential.bound import (
    all_are_moved,
    became,
    calibration_never_was,
    has_ended,
    has_range,
    is_calibrated,
    is_commissioned,
    is_mended,
    is_placed,
    never_was,
    was_absent,
)
from tests.differential.facts import Absence, Calibration, Facts, Mend, Placement
from tests.differential.happenings import MINUTE_US, SECOND_US, instant, time_of_day
from tests.differential.inventory import add_logger, add_lot, add_profile, attach_probe, put_lot
from tests.differential.oracle import NEVER_US
from tests.differential.script import Script


def act(script: Script) -> None:
    """One act of somebody, now."""
    acts: list[tuple[str | None, Callable[[Script], None]]] = [
        (None, _move),
        (None, _move_all),
        ("visit", _visit),
        ("range_told", _range_told),
        (None, add_lot),
        ("taken_out", _take_out),
        ("put_in", _put_in),
        ("commission", _commission),
        ("absence", _absence),
        ("calibrate", _calibrate),
        ("mend", _mend),
        ("threshold", _threshold),
        ("correct", _correct),
        ("correct", _correct),
    ]
    script.chance.choice([act for kind, act in acts if kind is None or kind in script.kinds])(script)


def _just_now(script: Script) -> int:
    """When a person says that it was: mostly now, sometimes longer ago."""
    ago = script.chance.choice([7, 45, 180]) if script.maybe("backdated", 0.25) else 0
    return script.now_us - ago * MINUTE_US


def _move(script: Script) -> None:
    lot = script.chance.choice(list(script.facts.lots))
    put_lot(script, lot, script.chance.choice(list(script.facts.containers)), _just_now(script), "move")


def _move_all(script: Script) -> None:
    names = script.chance.sample(sorted(script.facts.containers), min(2, len(script.facts.containers)))
    if len(names) == 2:
        at_us = _just_now(script)
        body = {"to_id": names[1], "at": instant(at_us)}
        if reason := script.explained(at_us).get("reason"):
            body["reason"] = reason
        says = f"all that is in {names[0]} is moved to {names[1]} at {time_of_day(at_us)}"
        fact = all_are_moved(names[0], names[1], at_us, script.now_us)
        script.tell("move", says, f"containers/{names[0]}/move", body, fact)


def _visit(script: Script) -> None:
    """A lot was in another container for a while."""
    lot, container = script.chance.choice(list(script.facts.lots)), script.chance.choice(list(script.facts.containers))
    name, (from_us, until_us) = script.new("p"), _span(script)
    then = script.chance.choice(["back", "nowhere"])
    body = {"id": name, "container_id": container, "from": instant(from_us), "until": instant(until_us), "then": then}
    body |= script.explained(from_us)
    says = f"{lot} was in {container} {time_of_day(from_us)} – {time_of_day(until_us)}, then {then} ({name})"
    fact = is_placed(name, Placement(lot, container, from_us, until_us), goes_back=then == "back")
    script.tell("visit", says, f"lots/{lot}/placements", body, fact)


def _range_told(script: Script) -> None:
    unknown = [probe for probe in script.probes if None in script.facts.ranges[probe.key[0]]]
    if unknown:
        logger = script.chance.choice(unknown).key[0]
        low_c, high_c = script.chance.choice(script.climate.ranges)
        known = script.facts.ranges[logger]
        low_c, high_c = known[0] or low_c, known[1] or high_c
        body = {"range_min_c": low_c, "range_max_c": high_c, "reason": "its data sheet"}
        says = f"the range of {logger} is told: {low_c} to {high_c}"
        script.tell("range_told", says, f"loggers/{logger}/range", body, has_range(logger, (low_c, high_c)))


def _take_out(script: Script) -> None:
    there = [(key, one) for key, one in script.facts.attachments.items() if one.until_us == NEVER_US]
    if there:
        name, one = script.chance.choice(there)
        until_us = _just_now(script)
        path = f"containers/{one.container}/attachments/{name}/end"
        says = f"{one.probe[0]} is taken out of {one.container} at {time_of_day(until_us)} ({name} ends)"
        body = {"until": instant(until_us), **script.explained(until_us)}
        script.tell("taken_out", says, path, body, has_ended(name, until_us))


def _put_in(script: Script) -> None:
    taken = {one.probe for one in script.facts.attachments.values() if one.until_us == NEVER_US}
    free = [probe for probe in script.probes if probe.key not in taken]
    where = [name for name in script.facts.containers if "-room" not in name]
    if free and script.chance.random() < 0.7:
        attach_probe(script, script.chance.choice(free), script.chance.choice(where), _just_now(script), "put_in")
    else:
        add_logger(script, script.chance.choice(where))


def _commission(script: Script) -> None:
    waiting = [(key, one) for key, one in script.facts.attachments.items() if one.commissioned_us is None]
    if waiting:
        name, one = script.chance.choice(waiting)
        at_us = _just_now(script)
        body = {"attachment_id": name, "commissioned_at": instant(at_us), **script.explained(at_us)}
        says = f"{name} counts from {time_of_day(at_us)}"
        script.tell("commission", says, f"containers/{one.container}/commission", body, is_commissioned(name, at_us))


def _span(script: Script) -> tuple[int, int]:
    length_us = script.chance.choice([10, 45, 120]) * MINUTE_US
    end_us = script.now_us - script.chance.choice([0, 5, 60]) * MINUTE_US
    return end_us - length_us, end_us


def _absence(script: Script) -> None:
    if not script.facts.attachments:
        return
    name, one = script.chance.choice(list(script.facts.attachments.items()))
    from_us, until_us = _span(script)
    absence = script.new("x")
    body = {
        "id": absence,
        "from": instant(from_us),
        "until": instant(until_us),
        "reason": "battery",
    }
    says = (
        f"{one.probe[0]} was absent from {one.container} {time_of_day(from_us)} – {time_of_day(until_us)} ({absence})"
    )
    path = f"containers/{one.container}/attachments/{name}/absences"
    script.tell("absence", says, path, body, was_absent(absence, Absence(one.first_id, from_us, until_us)))


def _calibrate(script: Script) -> None:
    probe, name = script.chance.choice(script.probes), script.new("cal")
    from_us = script.now_us - script.chance.choice([0, 60, 400]) * MINUTE_US
    until_us = script.now_us + 60 * MINUTE_US if script.chance.random() < 0.2 else NEVER_US
    slope, offset_c = script.chance.choice([1.0, 1.0, 1.02]), script.chance.choice([-0.31, 0.43, 3.17, -14.7, 16.3])
    body = {
        "id": name,
        "probe": probe.key[1],
        "from": instant(from_us),
        "until": None if until_us == NEVER_US else instant(until_us),
        "slope": slope,
        "offset_c": offset_c,
        "certificate": "C-1",
    }
    says = f"{probe} is calibrated from {time_of_day(from_us)}: {slope} x + {offset_c} ({name})"
    one = Calibration(probe.key, from_us, until_us, slope, offset_c)
    script.tell("calibrate", says, f"loggers/{probe.key[0]}/calibrations", body, is_calibrated(name, one))


def _mend(script: Script) -> None:
    probe, name = script.chance.choice(script.probes), script.new("m")
    from_us, until_us = _span(script)
    offset_us = script.chance.choice([-180, -60, -5, 5, 30]) * MINUTE_US
    if probe.behind_us:
        offset_us = probe.behind_us
    if until_us + offset_us > script.now_us:
        offset_us = -abs(offset_us)
    body = {
        "id": name,
        "from": instant(from_us),
        "until": instant(until_us),
        "offset_s": offset_us / SECOND_US,
        "reason": "set wrongly",
    }
    said = f"{time_of_day(from_us)} – {time_of_day(until_us)}"
    says = f"what {probe.key[0]} said in {said} was {offset_us // MINUTE_US} min later ({name})"
    mend = Mend(probe.key[0], from_us, until_us, offset_us)
    script.tell("mend", says, f"loggers/{probe.key[0]}/clock-mends", body, is_mended(name, mend))


def _threshold(script: Script) -> None:
    profile_id, _ = script.chance.choice(script.profiles)
    product = add_profile(script, profile_id)
    add_lot(script, product, script.now_us - script.chance.choice([0, 30, 200]) * MINUTE_US)


def _correct(script: Script) -> None:
    acts = [_correct_placement, _correct_attachment, _strike]
    script.chance.choice(acts)(script)


def _correction(
    script: Script, kind: str, row: str, replacement: dict[str, Any] | None, says: str, fact: Callable[[Facts], None]
) -> None:
    body = {"kind": kind, "row_id": row, "replacement": replacement, "reason": "slip"}
    script.tell("correct", f"correction: {says}", "corrections", body, fact)


def _correct_placement(script: Script) -> None:
    named = [(name, one) for name, one in script.facts.placements.items() if not name.startswith("moved ")]
    if not named:
        return
    name, one = script.chance.choice(named)
    if script.chance.random() < 0.3:
        _correction(script, "placement", name, None, f"{name} never was", never_was("placements", name))
    elif script.chance.random() < 0.5:
        container = script.chance.choice(list(script.facts.containers))
        if container != one.container:
            says = f"{name} was in {container}"
            fact = became("placements", name, container=container)
            _correction(script, "placement", name, {"container_id": container}, says, fact)
    else:
        from_us = one.from_us + script.chance.choice([-30, -10, 10, 30]) * MINUTE_US
        says = f"{name} was from {time_of_day(from_us)}"
        fact = became("placements", name, from_us=from_us)
        _correction(script, "placement", name, {"from": instant(from_us)}, says, fact)


def _correct_attachment(script: Script) -> None:
    if not script.facts.attachments:
        return
    name, one = script.chance.choice(list(script.facts.attachments.items()))
    if script.chance.random() < 0.2:
        _correction(script, "attachment", name, None, f"{name} never was", never_was("attachments", name))
    elif script.chance.random() < 0.5:
        from_us = one.from_us + script.chance.choice([-30, 10, 40]) * MINUTE_US
        says = f"{name} was from {time_of_day(from_us)}"
        fact = became("attachments", name, from_us=from_us)
        _correction(script, "attachment", name, {"from": instant(from_us)}, says, fact)
    else:
        until_us = script.now_us - script.chance.choice([0, 20, 100]) * MINUTE_US
        says = f"{name} was until {time_of_day(until_us)}"
        fact = became("attachments", name, until_us=until_us)
        _correction(script, "attachment", name, {"until": instant(until_us)}, says, fact)


def _strike(script: Script) -> None:
    facts = script.facts
    there = [("absence", name) for name in facts.absences] + [("clock_mend", name) for name in facts.mends]
    there += [("calibration", name) for name in facts.calibrations]
    if there:
        kind, name = script.chance.choice(there)
        tables = {"absence": "absences", "clock_mend": "mends"}
        fact = calibration_never_was(name) if kind == "calibration" else never_was(tables[kind], name)
        _correction(script, kind, name, None, f"{kind} {name} never was", fact)
