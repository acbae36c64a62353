"""Ways back where time was not measured, or readings prove nothing: the fewest stretches that are to be closed."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from service.domain import spans
from service.domain.answers.assessing import ABOUT_TIME, slack_us
from service.domain.answers.commissioning_ways import commissioning_ways
from service.domain.answers.papers import Assessment, Finding
from service.domain.answers.ways import Action, Around, JudgingLogger, Place, Stretch, Way, listed
from service.domain.exposure.lot import Exposure
from service.domain.exposure.uncounted import Uncounted, UncountedProbe
from service.domain.instant import SECOND_US, date_text, duration_text
from service.domain.profiles import Effect
from service.domain.spans import Spans
from service.domain.verdicts.reasons import WHY_UNMEASURED
from service.domain.verdicts.verdict import Judgement

#: Of so few stretches it is looked whether each is needed.
_FEW = 12
#: As many are listed that nothing can close, and of what does not suffice.
_MOST = 5


def time_ways(
    lacks: Collection[str], judgement: Judgement, assessments: Sequence[Assessment], around: Around
) -> Iterator[Way]:
    """What ends doubts about a lot's temperature. `lacks`: the codes of what is missing."""
    exposure, uncounted = judgement.exposure, judgement.uncounted
    ends = ABOUT_TIME.intersection(lacks)
    if "history_before_unknown" in lacks:
        unknown = frozenset({"history_before_unknown"})
        yield Way(Action.RECORD_LIFE_START, "Record when its life began, and have quality sign it.", unknown)
        text = "Record what it had used of its limits before our readings begin, and have quality sign it."
        yield Way(Action.RECORD_CARRIED_IN, text, unknown)
    yield from commissioning_ways(lacks, uncounted)
    if ends - WHY_UNMEASURED:
        yield from _closing(ends, exposure, assessments, around, uncounted)
    if "never_measured" in lacks:
        yield from _measuring(exposure, around, uncounted)


def _closing(
    ends: frozenset[str],
    exposure: Exposure,
    assessments: Sequence[Assessment],
    around: Around,
    uncounted: Sequence[UncountedProbe],
) -> Iterator[Way]:
    unknown = list(_stretches(exposure))
    uploadable = [part for one in unknown for part in _measurable(one, around.places)]
    chosen = fewest(exposure, assessments, uploadable)
    if chosen is not None:
        yield _upload(chosen, ends, around.places)
    elif uploadable:
        yield _upload(_longest(uploadable)[:_MOST], frozenset(), around.places)
    assessable = fewest(exposure, assessments, unknown)
    if assessable is None:
        return
    yield _assess(assessable, ends, exposure, assessments)
    for one in _longest(_unmeasurable(assessable if chosen is None else (), around.places, uncounted))[:_MOST]:
        if one.container_id is None:
            text = f"Record where it was from {one.text}: it was in no container then, and nobody measured it."
            yield Way(Action.RECORD_PLACEMENT, text, stretches=(one,))
        else:
            name = _name(one.container_id, around.places)
            text = f"No file can help for {one.text}: nothing was attached in {name} then."
            yield Way(Action.UPLOAD, text, helps=False, stretches=(one,))


def fewest(
    exposure: Exposure, assessments: Sequence[Assessment], stretches: Iterable[Stretch]
) -> tuple[Stretch, ...] | None:
    """The fewest stretches, the longest first, that are to be known as within limits; None: not even all suffice."""
    longest = _longest(stretches)
    least, most = 1, len(longest)
    if not longest or slack_us(exposure, assessments, _time(longest)) is None:
        return None
    # What more is known never makes it worse.
    while least < most:
        half = (least + most) // 2
        if slack_us(exposure, assessments, _time(longest[:half])) is None:
            least = half + 1
        else:
            most = half
    chosen = longest[:least]
    if len(chosen) <= _FEW:
        for one in reversed(chosen[:-1]):
            without = [other for other in chosen if other is not one]
            if slack_us(exposure, assessments, _time(without)) is not None:
                chosen = without
    return tuple(sorted(chosen, key=lambda one: one.from_us))


def _stretches(exposure: Exposure) -> Iterator[Stretch]:
    """All unknown time that may matter, cut by where the lot was."""
    doubted = [spans.subtract(x.possible, x.certain) for x in exposure.limits if x.limit.effect is Effect.CONDEMNS]
    if exposure.thaw is not None and exposure.thaw.rule.effect is Effect.CONDEMNS:
        doubted.append(spans.subtract(exposure.thaw.maybe_above, exposure.thaw.above))
    unknown = spans.union(*doubted)
    kinds = (
        (Finding.GAP, spans.intersect(unknown, exposure.gaps)),
        (Finding.DISPUTED, spans.subtract(unknown, spans.union(exposure.gaps, exposure.unjudged))),
    )
    for finding, time in kinds:
        for stay, there in exposure.placed:
            for from_us, until_us in spans.intersect(time, there).tolist():
                yield Stretch(from_us, until_us, stay.container_id, finding)
        for from_us, until_us in spans.intersect(time, exposure.unplaced).tolist():
            yield Stretch(from_us, until_us, None, finding)


def _measurable(one: Stretch, places: Mapping[str, Place]) -> Iterator[Stretch]:
    """The parts of a stretch that a logger may have measured without our having heard of it."""
    if one.finding is Finding.GAP:
        yield from _parts(one, _judged(one, places))


def _unmeasurable(
    stretches: Iterable[Stretch], places: Mapping[str, Place], uncounted: Sequence[UncountedProbe]
) -> Iterator[Stretch]:
    """The parts of gaps in which no logger was there, not even one that is still to be commissioned."""
    for one in stretches:
        if one.finding is Finding.GAP:
            waits = [
                (x.attached.from_us, x.attached.until_us)
                for x in uncounted
                if x.why is Uncounted.NOT_COMMISSIONED and x.attached.container_id == one.container_id
            ]
            known = spans.union(_judged(one, places), spans.spans(waits))
            yield from _parts(one, spans.subtract(_whole(one), known))


def _judged(one: Stretch, places: Mapping[str, Place]) -> Spans:
    return spans.intersect(_whole(one), spans.spans((x.from_us, x.until_us) for x in _loggers(one, places)))


def _loggers(one: Stretch, places: Mapping[str, Place]) -> list[JudgingLogger]:
    place = places.get(one.container_id or "", Place(""))
    return [x for x in place.loggers if max(x.from_us, one.from_us) < min(x.until_us, one.until_us)]


def _whole(one: Stretch) -> Spans:
    return spans.spans([(one.from_us, one.until_us)])


def _parts(one: Stretch, time: Spans) -> Iterator[Stretch]:
    for from_us, until_us in time.tolist():
        yield replace(one, from_us=from_us, until_us=until_us)


def _longest(stretches: Iterable[Stretch]) -> list[Stretch]:
    return sorted(stretches, key=lambda one: (one.from_us - one.until_us, one.from_us))


def _time(stretches: Iterable[Stretch]) -> Spans:
    return spans.spans((one.from_us, one.until_us) for one in stretches)


def _upload(chosen: Sequence[Stretch], ends: frozenset[str], places: Mapping[str, Place]) -> Way:
    loggers = tuple(dict.fromkeys(x.logger_id for one in chosen for x in _loggers(one, places)))
    said = []
    for one in chosen[:_MOST]:
        files = listed([x.logger_id for x in _loggers(one, places)], "or")
        said.append(f"{files} for {one.text} in {_name(one.container_id, places)}")
    text = f"Upload the file of {_all_of(said, len(chosen))}, or wait until the logger sends what it holds"
    text += "." if ends else ". That alone is not enough."
    return Way(Action.UPLOAD, text, ends, logger_ids=loggers, stretches=tuple(chosen))


def _assess(
    chosen: Sequence[Stretch], ends: frozenset[str], exposure: Exposure, assessments: Sequence[Assessment]
) -> Way:
    slack = slack_us(exposure, assessments, _time(chosen)) or 0
    thaw = exposure.thaw
    if thaw is not None and thaw.rule.effect is Effect.CONDEMNS and thaw.possibly_passed_us is not None:
        # Any second that is accepted could hide one thaw too many.
        slack = 0
    accepted_us = min(slack, spans.total_us(_time(chosen))) // SECOND_US * SECOND_US
    said = [f"the {'gap' if one.finding is Finding.GAP else 'disputed time'} from {one.text}" for one in chosen[:_MOST]]
    text = (
        f"Quality assesses {_all_of(said, len(chosen))}, with evidence: of it at most "
        f"{duration_text(accepted_us)} may be accepted as beyond the limits."
    )
    return Way(Action.ASSESS, text, ends, stretches=tuple(chosen), accepted_us=accepted_us)


def _all_of(said: Sequence[str], count: int) -> str:
    if count == 1:
        return said[0]
    how = "both of" if count == 2 else f"all {count} of"
    more = f"; and {count - len(said)} more" if count > len(said) else ""
    return f"{how} {'; '.join(said)}{more}"


def _measuring(exposure: Exposure, around: Around, uncounted: Sequence[UncountedProbe]) -> Iterator[Way]:
    ends = frozenset({"never_measured"})
    present = exposure.present
    if present is None:
        yield Way(Action.RECORD_PLACEMENT, "Record where it is: no logger can tell of it so far.")
        return
    name = _name(present.container_id, around.places)
    if around.due_us is not None:
        text = f"Wait: the next reading from {name} is due by {date_text(around.due_us)} UTC."
        yield Way(Action.WAIT, text, ends)
    life = [
        Stretch(from_us, until_us, stay.container_id, Finding.GAP)
        for stay, there in exposure.placed
        for from_us, until_us in there.tolist()
    ]
    loggers = tuple(dict.fromkeys(x.logger_id for one in life for x in _loggers(one, around.places)))
    if loggers:
        text = f"Upload the file of {listed(loggers, 'or')}, or wait until it sends what it holds."
        yield Way(Action.UPLOAD, text, ends, logger_ids=loggers)
    elif not any(one.is_there and one.why is not Uncounted.AMBIENT for one in uncounted):
        yield Way(Action.ATTACH, f"Attach a logger in {name}, and confirm that it has settled: nothing measures there.")


def _name(container_id: str | None, places: Mapping[str, Place]) -> str:
    place = places.get(container_id or "")
    return (container_id or "no container") if place is None else place.name
