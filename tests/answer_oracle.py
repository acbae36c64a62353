"""A slow, scalar judge of answers, written from docs/answers.md and not from the code: loops and plain ints.

A lot's life is a row of ticks; of each the container says one thing. Papers are lists of what was recorded, each with
who has signed it so far. One question is asked of each: does it forbid, is something missing?
"""

from dataclasses import dataclass, field

COLD, WARM, HOT, UNSURE, SILENT = "cold", "warm", "hot", "unsure", "silent"


@dataclass(frozen=True)
class Allowed:
    """What a limit allows, in ticks: in total, at a stretch; `beyond` are the states that are certainly beyond it."""

    beyond: frozenset[str]
    total: int | None
    single: int | None = None
    condemns: bool = True


@dataclass
class Certificate:
    """A version: whether an item fails, whether one is missing, whether quality has signed it."""

    fails: bool = False
    lacks: bool = False
    is_signed: bool = False


@dataclass
class Decision:
    """Of a release: how many accounts have to sign it, and which did."""

    what: str
    needed: int = 1
    signers: set[str] = field(default_factory=set)
    lapsed: bool = False


@dataclass
class Recall:
    """A recall, and whether its end is recorded and signed."""

    lift_recorded: bool = False
    lift_signed: bool = False


@dataclass
class Assessment:
    """Of ticks [from_tick, until_tick) so many of those unknown count as beyond, once it is signed and until struck.

    `of`: a gap, disputed time, or an excursion, of which it frees nothing.
    """

    from_tick: int
    until_tick: int
    accepted: int
    is_signed: bool = False
    is_struck: bool = False
    of: str = "gap"

    @property
    def counts(self) -> bool:
        """Whether it takes doubts away."""
        return self.is_signed and not self.is_struck and self.of != "excursion"


@dataclass
class Facts:
    """All that decides about one lot.

    Attributes:
        ticks: what its container says of each tick so far; `now` is their number.
        elsewhere: ticks that the lot spent in no container.
        life_from: the tick its life, as far as our readings judge it, begins with.
        carried: ticks used of each limit before that.
        unsigned: changes that soften and wait for a signature.
        expires: the tick with which it has expired.
        adopted_signatures: as many the product asks for, as far as that is adopted.
    """

    limits: list[Allowed]
    largest_gap: int
    ticks: list[str] = field(default_factory=list)
    elsewhere: set[int] = field(default_factory=set)
    life_from: int = 0
    life_until: int | None = None
    start_known: bool = True
    carried: list[int] = field(default_factory=list)
    from_before: bool = False
    profile_adopted: bool = False
    specification_adopted: bool = False
    adopted_signatures: int = 0
    certificates: list[Certificate] = field(default_factory=list)
    decisions: list[Decision] = field(default_factory=list)
    recalls: list[Recall] = field(default_factory=list)
    assessments: list[Assessment] = field(default_factory=list)
    unsigned: int = 0
    expires: int | None = None

    @property
    def now(self) -> int:
        """The tick that has not begun yet."""
        return len(self.ticks)


@dataclass(frozen=True)
class Told:
    """The answer, what forbids, what is missing, and what is told beside of the papers."""

    answer: str
    forbids: frozenset[str]
    lacks: frozenset[str]
    beside: frozenset[str]


def told(facts: Facts) -> Told:
    """The answer as of now."""
    forbids = condemned(facts) | forbidding_papers(facts)
    lacks = doubts(facts) | missing_papers(facts)
    beside = set()
    if facts.from_before and not facts.specification_adopted:
        beside.add("temperature_alone")
    decided = in_force(facts.decisions)
    if lacks and not forbids and decided is not None and decided.what == "released" and not decided.lapsed:
        beside.add("release_suspended")
    answer = "do_not_use" if forbids else "not_proven" if lacks else "usable"
    return Told(answer, frozenset(forbids), frozenset(lacks), frozenset(beside))


def state_at(facts: Facts, tick: int) -> str:
    """What is known of the lot at a tick of its life: beyond, in range, unsure, a gap, or still waited for."""
    if tick in facts.elsewhere:
        return SILENT
    if facts.ticks[tick] != SILENT:
        return facts.ticks[tick]
    heard_after = any(facts.ticks[later] != SILENT for later in range(tick, facts.now))
    if heard_after:
        return SILENT
    last_heard = max((at + 1 for at in range(facts.now) if facts.ticks[at] != SILENT), default=None)
    is_waited_for = last_heard is not None and facts.now - last_heard <= facts.largest_gap
    return "pending" if is_waited_for else SILENT


def life(facts: Facts) -> range:
    """The ticks lived so far."""
    return range(facts.life_from, facts.now if facts.life_until is None else min(facts.now, facts.life_until))


def is_beyond(facts: Facts, limit: Allowed, tick: int) -> tuple[bool, bool]:
    """Whether the lot was certainly, and possibly, beyond a limit at a tick."""
    state = state_at(facts, tick)
    certain = state in limit.beyond
    return certain, certain or state in (UNSURE, SILENT)


def over(limit: Allowed, total: int, longest: int) -> tuple[bool, bool]:
    """Whether a total, and a run, are more than is allowed."""
    return (
        limit.total is not None and total > limit.total,
        limit.single is not None and longest > limit.single,
    )


def used(facts: Facts, number: int, *, possible: bool) -> tuple[int, int]:
    """Ticks beyond a limit in total, and of the longest run."""
    limit = facts.limits[number]
    total, run, longest = facts.carried[number] if facts.carried else 0, 0, 0
    for tick in life(facts):
        if is_beyond(facts, limit, tick)[possible]:
            total, run = total + 1, run + 1
            longest = max(longest, run)
        else:
            run = 0
    return total, longest


def condemned(facts: Facts) -> set[str]:
    """Limits that were certainly passed."""
    found = set()
    for number, limit in enumerate(facts.limits):
        if limit.condemns:
            total, run = over(limit, *used(facts, number, possible=False))
            found |= {"limit_exceeded"} if total else set()
            found |= {"single_run_exceeded"} if run else set()
    return found


def plain_doubts(facts: Facts) -> set[str]:
    """Why its temperature is not proven, without assessments."""
    found = set()
    for number, limit in enumerate(facts.limits):
        if limit.condemns and not any(over(limit, *used(facts, number, possible=False))):
            total, run = over(limit, *used(facts, number, possible=True))
            found |= {"limit_possibly_exceeded"} if total else set()
            found |= {"single_run_possibly_exceeded"} if run else set()
    if not any(limit.condemns for limit in facts.limits):
        found.add("no_condemning_limit")
    if not found and not measured(facts):
        found.add("never_measured")
    if found and any(tick in facts.elsewhere for tick in life(facts)):
        found.add("in_no_container")
    if not facts.start_known:
        found.add("history_before_unknown")
    return found


def measured(facts: Facts) -> bool:
    """Whether any tick of its life was measured."""
    return any(state_at(facts, tick) not in (SILENT, "pending") for tick in life(facts))


def doubts(facts: Facts) -> set[str]:
    """Why its temperature is not proven, once assessments count."""
    plainly = plain_doubts(facts)
    counting = [one for one in facts.assessments if one.counts]
    if not counting or not plainly:
        return plainly
    for number, limit in enumerate(facts.limits):
        if limit.condemns and any(over(limit, *assessed(facts, number, counting))):
            return plainly
    left = plainly & {"history_before_unknown", "no_condemning_limit"}
    return left | (set() if measured(facts) else {"never_measured"})


def assessed(facts: Facts, number: int, counting: list[Assessment]) -> tuple[int, int]:
    """As `used`, but of unknown ticks of an assessed stretch only those accepted: none of them parts a run."""
    limit = facts.limits[number]
    total, run, longest = facts.carried[number] if facts.carried else 0, 0, 0
    left_of_total = [one.accepted for one in counting]
    left_of_run = list(left_of_total)
    for tick in life(facts):
        certain, possible = is_beyond(facts, limit, tick)
        strictest = None if certain else strictest_about(facts, tick, counting)
        if not possible or (strictest is not None and counting[strictest].accepted == 0):
            run, left_of_run = 0, [one.accepted for one in counting]
        elif strictest is None:
            total, run = total + 1, run + 1
        else:
            total += left_of_total[strictest] > 0
            run += left_of_run[strictest] > 0
            left_of_total[strictest] -= 1
            left_of_run[strictest] -= 1
        longest = max(longest, run)
    return total, longest


def strictest_about(facts: Facts, tick: int, counting: list[Assessment]) -> int | None:
    """Which assessment decides about an unknown tick: about a gap one of gaps, about a disputed tick one of those."""
    is_gap = state_at(facts, tick) == SILENT
    about = [
        (one.accepted, one.from_tick, number)
        for number, one in enumerate(counting)
        if one.from_tick <= tick < one.until_tick and one.of == ("gap" if is_gap else "disputed")
    ]
    return min(about)[2] if about else None


def in_force(decisions: list[Decision]) -> Decision | None:
    """The newest that counts: what is worse at once, a release once as many as are needed have signed it."""
    for decided in reversed(decisions):
        if decided.what != "released" or len(decided.signers) >= decided.needed:
            return decided
    return None


def forbidding_papers(facts: Facts) -> set[str]:
    """What papers forbid."""
    found = set()
    if facts.life_until is not None and facts.life_until <= facts.now:
        found.add("life_ended")
    if any(not recall.lift_signed for recall in facts.recalls):
        found.add("recalled")
    decided = in_force(facts.decisions)
    if decided is not None and decided.what != "released":
        found.add(decided.what)
    if facts.expires is not None and facts.expires <= facts.now:
        found.add("expired")
    if failing_versions(facts):
        found.add("certificate_item_failed")
    return found


def failing_versions(facts: Facts) -> list[int]:
    """Versions of the certificate that fail, and count: no later one is signed."""
    return [
        version
        for version, one in enumerate(facts.certificates)
        if one.fails and not any(later.is_signed for later in facts.certificates[version + 1 :])
    ]


def missing_papers(facts: Facts) -> set[str]:
    """What papers lack."""
    found = set()
    if facts.unsigned:
        found.add("unsigned_change")
    if not facts.profile_adopted:
        found.add("profile_not_adopted")
    if not facts.specification_adopted:
        found |= set() if facts.from_before else {"no_specification"}
    elif not facts.certificates:
        found.add("certificate_missing")
    else:
        found |= {"certificate_item_missing"} if facts.certificates[-1].lacks else set()
        found |= set() if facts.certificates[-1].is_signed else {"certificate_unsigned"}
    decided = in_force(facts.decisions)
    if decided is not None and decided.lapsed:
        found.add("release_lapsed")
    elif facts.adopted_signatures and (decided is None or decided.what != "released"):
        found.add("not_released")
    return found


def look(facts: Facts) -> None:
    """What the service does when it looks at a lot: a release of one that is out of limits lapses, signed or not."""
    for decided in (in_force(facts.decisions), *facts.decisions[-1:]):
        if decided is not None and decided.what == "released" and condemned(facts):
            decided.lapsed = True
