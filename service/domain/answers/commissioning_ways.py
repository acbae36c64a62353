"""Ways back where a probe was attached and does not count: somebody confirms that it has settled, or time passes."""

from collections.abc import Collection, Iterator, Sequence

from service.domain.answers.papers import Finding
from service.domain.answers.ways import Action, Stretch, Way
from service.domain.exposure.uncounted import Uncounted, UncountedProbe
from service.domain.instant import date_text
from service.domain.verdicts.uncounted_reasons import logger_text


def commissioning_ways(lacks: Collection[str], uncounted: Sequence[UncountedProbe]) -> Iterator[Way]:
    """What makes probes count that were attached and do not. `lacks`: the codes of what is missing."""
    for one in uncounted:
        if one.why is Uncounted.NOT_COMMISSIONED and f"probe_{one.why}" in lacks:
            yield from _commission(one, lacks)
        elif one.why is Uncounted.LATER and "probe_counts_later" in lacks:
            yield from _later(one)


def _commission(found: UncountedProbe, lacks: Collection[str]) -> Iterator[Way]:
    one = found.attached
    heard = one.heard_us is not None
    if not (found.is_there or heard):
        # Nothing of the time when the lot was there can come of it.
        return
    text = f"A technician or quality confirms on the page of {one.container_name} that {logger_text(one)} has settled"
    if found.is_there:
        text += ": from then on what it measures counts."
    if heard:
        ending = " Its readings so far" if found.is_there else ". Its readings of then"
        text += f"{ending} count if that is confirmed for their time, which takes a reason and quality's signature."
    ends = {"probe_not_commissioned"}
    if found.is_there and heard and "never_measured" in lacks:
        ends.add("never_measured")
    stretch = Stretch(found.since_us, found.until_us, one.container_id, Finding.GAP)
    yield Way(
        Action.COMMISSION,
        text,
        frozenset(ends),
        logger_ids=(one.logger_id,),
        stretches=(stretch,),
        attachment_id=one.attachment_id,
    )


def _later(found: UncountedProbe) -> Iterator[Way]:
    one = found.attached
    if one.counts_us is None:
        when = f"is attached from {date_text(one.from_us)} UTC on, and counts once it is commissioned"
    else:
        when = f"counts from {date_text(one.counts_us)} UTC on"
    yield Way(Action.WAIT, f"Wait: {logger_text(one)} {when}.", logger_ids=(one.logger_id,))
