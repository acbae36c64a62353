"""Nights of freezers that fail, and who must have been told by when: the watch's own oracle.

At every step all that was measured has arrived and the evaluator has looked; the alerts process has planned. Then:

- A container that is possibly beyond a condemning limit, its own or that of a lot in it that can still be saved, for
  longer than that limit's delay and a minute, has an alert that is open and was told.
- Of a budget used by four fifths, in whatever pieces, somebody was told.
- Nobody was told that it is over while a probe that hangs there was last heard where it may be beyond one, or unless
  some probe was heard within all these limits after the last that was not.
"""

import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from tests.differential.facts import Absence, Attachment, Facts, Lot, Placement, Profile
from tests.differential.happenings import MINUTE_US, SECOND_US, Act, Readings, instant, time_of_day
from tests.differential.oracle import NEVER_US, Container, Heard, Judged, Limit, Value, joined, may_be_beyond, record_of

#: How far back a step looks: longer than anything goes wrong for.
_LOOKS_BACK_US = 300 * MINUTE_US

_SLACK_US = 60 * SECOND_US

_WRONGS = ("warm", "hot", "hot", "at the limit", "HI", "LO", "too cold", "garbage", "contradicting", "silent")


@dataclass
class _Probe:
    """A probe of a night; `modes` are what it says, each until an instant."""

    logger: str
    attachment: str
    every_us: int
    range_c: tuple[float | None, float | None]
    modes: list[tuple[int, str]]


@dataclass
class Night:
    """One container through one night."""

    seed: int
    name: str
    begins_us: int
    ends_us: int
    profile: Profile
    lot_profile: Profile
    probes: list[_Probe]
    acts: dict[int, list[str]]
    chance: random.Random
    facts: Facts = field(default_factory=Facts)
    wrong: list[str] = field(default_factory=list)
    told: list[str] = field(default_factory=list)

    # What happens

    def furnish(self) -> Iterator[Act]:
        """The container, its probes, and the lot in it."""
        for name, profile in (("own", self.profile), ("lots", self.lot_profile)):
            yield _profile_act(f"{self.name}-{name}", profile)
        body: dict[str, Any] = {"id": self.name, "name": self.name, "profile_id": f"{self.name}-lots"}
        yield Act("a product", "products", body, lambda _: None)
        body = {"id": self.name, "site_id": "site", "name": self.name, "kind": "freezer"}
        body["profile_id"] = f"{self.name}-own"
        yield Act("a freezer", "containers", body, lambda f: f.containers.update({self.name: (self.profile, None)}))
        for probe in self.probes:
            low_c, high_c = probe.range_c
            body = {"id": probe.logger, "site_id": "site", "range_min_c": low_c, "range_max_c": high_c}
            yield Act("a logger", "loggers", body, _ranges(probe))
            since = instant(self.begins_us)
            body = {"id": probe.attachment, "logger_id": probe.logger, "place": "air"}
            body |= {"from": since, "commissioned_at": since}
            yield Act("is attached", f"containers/{self.name}/attachments", body, _attached(self, probe))
        born = instant(self.begins_us)
        body = {"id": self.name, "product_id": self.name, "lot_number": "L", "life_starts_at": born}
        lot = Lot(self.lot_profile, self.begins_us)
        yield Act("a lot", "lots", body, lambda f: f.lots.update({self.name: lot}))
        body = {"id": self.name, "container_id": self.name, "from": born}
        put = Placement(self.name, self.name, self.begins_us, NEVER_US)
        yield Act("is put in", f"lots/{self.name}/placements", body, lambda f: f.place(self.name, put))

    def readings(self, was_us: int, now_us: int) -> Iterator[Readings]:
        """What its probes said in that time."""
        for probe in self.probes:
            first_us = -(-was_us // probe.every_us) * probe.every_us
            times = range(first_us, now_us, probe.every_us)
            said = tuple((at_us, value) for at_us in times for value in self._values(probe, at_us))
            if said:
                yield Readings("mqtt", "coldchain", (probe.logger, ""), said)

    def _values(self, probe: _Probe, at_us: int) -> list[Value]:
        mode = next(mode for until_us, mode in probe.modes if at_us < until_us)
        noise_c = self.chance.uniform(-0.8, 0.8)
        said: dict[str, list[Value]] = {
            "cold": [round(-80 + noise_c, 2)],
            "warm": [round(-45 + 10 * noise_c, 2)],
            "hot": [round(8 + noise_c, 2)],
            "too cold": [round(-93 + noise_c, 2)],
            "at the limit": [round(-60 + 2 * noise_c, 2)],
            "HI": ["HI"],
            "LO": ["LO"],
            "garbage": [637.0],
            "contradicting": [round(-80 + noise_c, 2), 15.0],
            "silent": [],
        }
        return said[mode]

    def acts_at(self, now_us: int) -> Iterator[Act]:
        """What somebody does in the minutes before."""
        for what in self.acts.pop(now_us, []):
            probe = self.chance.choice(self.probes)
            if what == "ends":
                body = {"until": instant(now_us)}
                path = f"containers/{self.name}/attachments/{probe.attachment}/end"
                yield Act(f"{probe.logger} is taken out", path, body, _ended(probe.attachment, now_us))
            elif what == "attached again":
                name = f"{probe.attachment}-{now_us}"
                body = {"id": name, "logger_id": probe.logger, "place": "air"}
                body |= {"from": instant(now_us), "commissioned_at": instant(now_us)}
                again = Attachment(name, self.name, (probe.logger, ""), now_us, NEVER_US, now_us, judged=True)
                fact = _is_attached(name, again)
                yield Act(f"{probe.logger} is attached again", f"containers/{self.name}/attachments", body, fact)
            else:
                from_us = now_us - 10 * MINUTE_US
                body = {"id": f"{probe.attachment}-x{now_us}", "from": instant(from_us), "until": instant(now_us)}
                body |= {"reason": "battery"}
                path = f"containers/{self.name}/attachments/{probe.attachment}/absences"
                away = Absence(probe.attachment, from_us, now_us)
                yield Act(f"{probe.logger} was absent", path, body, _absent(f"{body['id']}", away))

    # What must be so

    def look(self, now_us: int, alerts: Sequence[dict[str, Any]], ended: Sequence[str], *, ever_told: bool) -> None:
        """Compare what is open and told with what must be.

        Args:
            ever_told: whether anything of this container was told so far.
            alerts: open alerts of the container, `told`: whether somebody knows.
            ended: texts of what was told just now as over.
        """
        container, judged = self._lately(now_us), self.facts.judged(now_us)
        limits = self._limits(judged.values())
        since = {limit: self._beyond_since(container, limit, now_us) for limit in limits}
        for limit, since_us in since.items():
            if since_us is None or now_us - since_us < limit.alarm_delay_s * SECOND_US + _SLACK_US:
                continue
            if not any(one["told"] for one in alerts):
                side = "above" if limit.above else "below"
                self.wrong.append(
                    f"{time_of_day(now_us)}: possibly {side} {limit.threshold_c:g} since {time_of_day(since_us)}, "
                    f"due after {limit.alarm_delay_s} s, and nobody was told; open: {[one['cause'] for one in alerts]}"
                )
        for one in judged.values():
            for limit, used in zip(self.lot_profile.limits, one.limits, strict=True):
                budget_us = (limit.budget_s or 0) * SECOND_US
                if limit.condemns and budget_us and used.certain >= 0.8 * budget_us and not ever_told:
                    self.wrong.append(f"{time_of_day(now_us)}: most of a budget is used, and nobody was ever told")
        if ended and not self._is_seen_within(container, limits):
            self.wrong.append(f"{time_of_day(now_us)}: told as over, and it goes on or nobody sees it: {ended[0]!r}")

    def _limits(self, judged: Iterable[Judged]) -> list[Limit]:
        found = [limit for limit in self.profile.limits if limit.condemns]
        if any("nonviable" not in one.verdicts for one in judged):
            found += [limit for limit in self.lot_profile.limits if limit.condemns]
        return list(dict.fromkeys(found))

    def _lately(self, now_us: int) -> Container:
        heard = []
        for one in self.facts.container(self.name).heard:
            points = tuple(point for point in one.points if point[0] > now_us - _LOOKS_BACK_US)
            if points or one.until_us == NEVER_US:
                heard.append(Heard(points[0][0] if points else one.from_us, one.until_us, points or one.points[-1:]))
        return Container(tuple(heard))

    def _beyond_since(self, container: Container, limit: Limit, now_us: int) -> int | None:
        [known] = record_of(container, [limit], self.profile.max_gap_s * SECOND_US, now_us).beyond
        lasts = [
            (one.points[-1][0], NEVER_US)
            for one in container.heard
            if one.points and one.until_us == NEVER_US and may_be_beyond(one.points[-1], limit)
        ]
        return next((a for a, b in joined(known.possible, known.silent[0], lasts) if a <= now_us < b), None)

    @staticmethod
    def _is_seen_within(container: Container, limits: Sequence[Limit]) -> bool:
        hanging = [one.points[-1] for one in container.heard if one.points and one.until_us == NEVER_US]
        if any(may_be_beyond(point, limit) for point in hanging for limit in limits):
            return False
        points = [point for one in container.heard for point in one.points]
        beyond = {point for point in points if any(may_be_beyond(point, limit) for limit in limits)}
        last_us = max((at_us for at_us, _, _ in beyond), default=0)
        return any(point[0] > last_us for point in points if point not in beyond)


def night(seed: int, name: str, begins_us: int, steps_us: Sequence[int]) -> Night:
    """The night of that seed."""
    chance = random.Random(f"night {seed}")
    delay_s = chance.choice([60, 300, 600])
    below = (Limit(False, -90.0, True, None, 1_200, 300),) if chance.random() < 0.4 else ()
    own = Profile(
        (Limit(True, -60.0, True, 3_600, None, delay_s), Limit(True, -20.0, True, 600, None, 60), *below), 900
    )
    stricter = [
        own,
        own,
        Profile((Limit(True, -65.0, True, 1_800, None, 300),), 900),
        Profile((Limit(True, -60.0, True, None, 900, 300),), 900),
        Profile((Limit(True, -50.0, True, 600, None, 120), Limit(True, -60.0, False, None, None, 600)), 900),
    ]
    ends_us = steps_us[-1]
    probes = []
    for number in range(chance.choice([1, 1, 2])):
        modes, at_us = [], begins_us + chance.choice([20, 45]) * MINUTE_US
        modes.append((at_us, "cold"))
        while at_us < ends_us:
            at_us += chance.choice([3, 8, 15, 30, 70]) * MINUTE_US
            modes.append((at_us, chance.choice(_WRONGS)))
            at_us += chance.choice([0, 4, 12, 40, 90]) * MINUTE_US
            modes.append((at_us, "cold"))
        range_c: tuple[float | None, float | None] = chance.choice([(-95.0, 40.0), (-100.0, -10.0), (None, None)])
        every_us = chance.choice([60, 120, 300]) * SECOND_US
        probes.append(_Probe(f"{name}-L{number}", f"{name}-a{number}", every_us, range_c, modes))
    acts: dict[int, list[str]] = {}
    if chance.random() < 0.4:
        at = chance.randrange(10, len(steps_us))
        acts[steps_us[at]] = [chance.choice(["ends", "ends", "absent"])]
        if chance.random() < 0.5:
            acts[steps_us[min(at + chance.choice([1, 4, 12]), len(steps_us) - 1)]] = ["attached again"]
    return Night(seed, name, begins_us, ends_us, own, chance.choice(stricter), probes, acts, chance)


def _profile_act(name: str, profile: Profile) -> Act:
    limits = [
        {
            "direction": "above" if limit.above else "below",
            "threshold_c": limit.threshold_c,
            "effect": "condemns" if limit.condemns else "warns",
            "budget_s": limit.budget_s,
            "single_s": limit.single_s,
            "alarm_delay_s": limit.alarm_delay_s,
        }
        for limit in profile.limits
    ]
    body = {"id": name, "name": name, "limits": limits, "max_gap_s": profile.max_gap_s, "source": "made up"}
    return Act("a profile", "profiles", body, lambda _: None)


def _ranges(probe: _Probe) -> Any:
    return lambda facts: facts.ranges.update({probe.logger: probe.range_c})


def _attached(of: Night, probe: _Probe) -> Any:
    new = Attachment(probe.attachment, of.name, (probe.logger, ""), of.begins_us, NEVER_US, of.begins_us, judged=True)
    return _is_attached(probe.attachment, new)


def _is_attached(name: str, new: Attachment) -> Any:
    return lambda facts: facts.attachments.update({name: new})


def _ended(name: str, at_us: int) -> Any:
    return lambda facts: facts.attachments.update({name: replace(facts.attachments[name], until_us=at_us)})


def _absent(name: str, away: Absence) -> Any:
    return lambda facts: facts.absences.update({name: away})
