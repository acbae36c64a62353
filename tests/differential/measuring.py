"""What probes say in a course, and how it arrives: late, twice, contradicting itself, by a clock that fell back."""

import random
from collections.abc import Callable, Iterator, Sequence

from tests.differential.happenings import MINUTE_US, Readings
from tests.differential.oracle import Value
from tests.differential.script import ProbeHeard, Script

#: What may go wrong with a probe; two kinds joined: one after the other.
_WRONGS = ("warm", "warm", "warm+silence", "silence", "hilo", "garbage", "fault", "spike", "falling_clock", "ahead")


def measured(script: Script, number: int, was_us: int, stages: int) -> list[Readings]:
    """All that arrives at a stage: what was measured since the one before, and what is late."""
    found = [sent for stage, sent in script.later if stage == number]
    for probe in script.probes:
        values = list(_values(script, probe, max(was_us, probe.attached_us - 30 * MINUTE_US)))
        if not values:
            continue
        probe.said += values
        for some in _portions(script, values):
            contradicted = script.maybe("conflict", 0.08)
            sent = _sent(script, probe, _contradicted(script, probe, some) if contradicted else some)
            if script.maybe("late", 0.12) and number + 1 < stages:
                script.later.append((script.chance.randint(number + 1, stages - 1), sent))
            else:
                found.append(sent)
        found += _again(script, probe)
    script.chance.shuffle(found)
    return found


def _contradicted(script: Script, probe: ProbeHeard, values: list[tuple[int, Value]]) -> list[tuple[int, Value]]:
    """With one instant said twice, in the same message where its dialect has more than one to a message."""
    number = script.chance.randrange(len(values))
    at_us, value = values[number]
    other_c = round(script.chance.choice(script.climate.warm_c), 2)
    if not isinstance(value, float) or not _is_shown(probe, other_c):
        return values
    return [*values[: number + 1], (at_us, other_c), *values[number + 1 :]]


def _portions(script: Script, values: list[tuple[int, Value]]) -> list[list[tuple[int, Value]]]:
    if len(values) < 4 or script.chance.random() < 0.6:
        return [values]
    middle = script.chance.randint(1, len(values) - 1)
    return [values[:middle], values[middle:]]


def _sent(script: Script, probe: ProbeHeard, values: Sequence[tuple[int, Value]], kind: str = "readings") -> Readings:
    door = "mqtt"
    if probe.dialect == "coldchain":
        door = script.chance.choice(["mqtt", "mqtt", "http"])
        if script.maybe("file", 0.15):
            door = "file"
    return Readings(door, probe.dialect, probe.key, tuple(values), kind)


def _again(script: Script, probe: ProbeHeard) -> Iterator[Readings]:
    some = script.chance.sample(probe.said, min(len(probe.said), 4))
    if script.maybe("twice", 0.2):
        yield _sent(script, probe, some, "twice")
    if script.maybe("conflict", 0.15):
        by_c = script.chance.choice([25.0, 45.0, -6.0, 0.4])
        other = [(at_us, round(value + by_c, 2)) for at_us, value in some if isinstance(value, float)]
        other = [(at_us, value) for at_us, value in other if _is_shown(probe, value)]
        if other:
            yield _sent(script, probe, other, "conflict")


def _values(script: Script, probe: ProbeHeard, was_us: int) -> Iterator[tuple[int, Value]]:
    """What a probe says from one stage to the next; one thing may go wrong meanwhile."""
    first_us = -(-was_us // probe.every_us) * probe.every_us
    times = range(first_us, script.now_us, probe.every_us)
    wrong = script.chance.choice(_WRONGS)
    if not set(wrong.split("+")) <= script.kinds or script.chance.random() < 0.4:
        wrong = ""
    begins = script.chance.randint(0, max(0, len(times) - 1))
    ends = begins + script.chance.choice([1, 2, 5, 12, 40, 100])
    said = _wrongly(script, probe, wrong)
    probe.behind_us = script.chance.choice([30, 60, 180]) * MINUTE_US if wrong == "falling_clock" else 0
    for number, at_us in enumerate(times):
        value: Value = round(script.climate.usual_c + script.chance.uniform(-1.2, 1.2), 2)
        stamp_us = at_us
        if wrong and begins <= number < ends:
            value = said(number == begins) if said else value
            stamp_us += {"falling_clock": -probe.behind_us, "ahead": 4 * MINUTE_US}.get(wrong, 0)
        elif wrong == "warm+silence" and ends <= number < ends + 30:
            continue
        if wrong == "silence" and begins <= number < ends:
            continue
        if wrong != "garbage" and not _is_shown(probe, value):
            value = _at_the_end(script, probe, value)
        if value is not None or probe.dialect == "coldchain":
            yield stamp_us, value


def _wrongly(script: Script, probe: ProbeHeard, wrong: str) -> Callable[[bool], Value] | None:
    """What a probe says while something is wrong, by whether that begins; None: as usual."""
    chance, usual_c = script.chance, script.climate.usual_c
    word: Value = chance.choice(["HI", "HI", "LO"])
    garbage_c = chance.choice([637.0, 999.0, -260.0])
    spike_c = usual_c + chance.choice([-61.3, 62.7])
    level_c = chance.choice(script.climate.warm_c)
    # Exactly at a limit is not beyond it.
    at_a_limit = chance.random() < 0.15
    says: dict[str, Callable[[bool], Value]] = {
        "garbage": lambda _: garbage_c,
        "spike": lambda first: round(spike_c if first else usual_c, 2),
        "warm": lambda _: chance.choice(script.climate.above_c) if at_a_limit else round(level_c + noise(chance), 2),
    }
    if probe.dialect == "coldchain":
        says["hilo"] = lambda _: word
    if not probe.dialect.endswith("_f"):
        says["fault"] = lambda _: chance.choice([85.0, -127.0, 327.67, None])
    return says.get(wrong.partition("+")[0])


def noise(chance: random.Random) -> float:
    """Of a probe in air, °C."""
    return chance.uniform(-0.9, 0.9)


def _is_shown(probe: ProbeHeard, value: Value) -> bool:
    low_c, high_c = probe.range_c
    if not isinstance(value, float) or value in (85.0, -127.0, 327.67):
        return True
    return (low_c is None or low_c <= value) and (high_c is None or value <= high_c)


def _at_the_end(script: Script, probe: ProbeHeard, value: Value) -> Value:
    """What a probe shows of what lies outside its range."""
    assert isinstance(value, float)
    low_c, high_c = probe.range_c
    if high_c is not None and value > high_c:
        return "HI" if probe.dialect == "coldchain" and "hilo" in script.kinds else high_c
    return "LO" if probe.dialect == "coldchain" and "hilo" in script.kinds else low_c
