"""Ways back where papers are missing, or the service itself cannot judge now."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace

from service.domain.answers.papers import Outcome, Papers
from service.domain.answers.ways import Action, Around, Waiting, Way, listed


def paper_ways(lacks: Collection[str], papers: Papers, around: Around) -> Iterator[Way]:
    """What ends reasons of papers. `lacks`: the codes of what is missing."""
    if "awaiting_shipper_log" in lacks and papers.under_way is not None:
        text = "Receive the shipment, and read out the logger that went along."
        yield Way(Action.UPLOAD, text, frozenset({"awaiting_shipper_log"}))
    if "missing_on_arrival" in lacks:
        text = "Look for it. Once it is found, record where it is: what it went through meanwhile stays a gap."
        yield Way(Action.RECORD_PLACEMENT, text, frozenset({"missing_on_arrival"}))
    if "split_up" in lacks:
        text = "Scan the serial of the vial, or choose the part it is in: each has an answer of its own."
        yield Way(Action.CHOOSE_PART, text, frozenset({"split_up"}))
    if "unsigned_change" in lacks:
        yield _sign_changes(around.changes)
    yield from _adoptions(lacks, around.papers)
    yield from _certificate(lacks, papers, around.papers)
    yield from _release(lacks, papers, around.papers)
    if "custody_hole" in lacks:
        text = (
            "Whoever has it takes custody of it; who had it in between is recorded, with the reason, and quality signs "
            "that. What nobody answered for stays so: no assessment stands in for custody."
        )
        yield Way(Action.RECORD_CUSTODY, text, frozenset({"custody_hole"}))


def service_ways(lacks: Collection[str]) -> Iterator[Way]:
    """What ends reasons that are the service's own."""
    if "evaluator_behind" in lacks:
        yield Way(Action.WAIT, "Wait until all that has arrived is evaluated.", frozenset({"evaluator_behind"}))
    if "clocks_disagree" in lacks:
        text = "Wait until the clocks of this service agree; whoever runs it sets them right."
        yield Way(Action.WAIT, text, frozenset({"clocks_disagree"}))


def _sign_changes(waiting: Sequence[Waiting]) -> Way:
    named = listed([f"change {one.change_id} ({one.what})" for one in waiting]) if waiting else "what waits"
    return Way(
        Action.SIGN_CHANGE,
        f"Quality signs {named}, by another account than its author's.",
        frozenset({"unsigned_change"}),
        change_ids=tuple(one.change_id for one in waiting),
        signatures=sum(one.signatures for one in waiting),
    )


def _adoptions(lacks: Collection[str], waiting: Sequence[Waiting]) -> Iterator[Way]:
    for code, kind, action, what in (
        ("profile_not_adopted", "storage", Action.ADOPT_PROFILE, "the limits it is judged by"),
        ("no_specification", "specification", Action.ADOPT_SPECIFICATION, "a specification"),
    ):
        if code not in lacks:
            continue
        signable = [one for one in waiting if one.kind == "adoption" and one.row_id.endswith(f"/{kind}")]
        if signable:
            yield _sign(Action.SIGN_CHANGE, signable[0], f"adopt {what} for its product", code)
        else:
            yield Way(action, f"Quality adopts {what} for its product, and another account signs.", frozenset({code}))
    if "no_condemning_limit" in lacks:
        text = "Quality adopts limits that condemn for its product: by those it has, no lot can be judged."
        yield Way(Action.ADOPT_PROFILE, text, frozenset({"no_condemning_limit"}))


def _certificate(lacks: Collection[str], papers: Papers, waiting: Sequence[Waiting]) -> Iterator[Way]:
    if "certificate_missing" in lacks:
        text = "Enter its Certificate of Analysis, and have quality sign it."
        yield Way(Action.ENTER_CERTIFICATE, text, frozenset({"certificate_missing"}))
    if "certificate_item_missing" in lacks:
        items = [item for item in papers.certificates[0].items if item.outcome is Outcome.MISSING]
        text = (
            f"Enter {listed([item.label for item in items])} in a new version of its certificate, and have it signed."
        )
        names = tuple(item.name for item in items)
        yield Way(Action.ENTER_ITEM, text, frozenset({"certificate_item_missing"}), items=names)
    elif "certificate_unsigned" in lacks:
        version = papers.certificates[0].version
        signable = [one for one in waiting if one.kind == "certificate"]
        if signable:
            what = f"sign version {version} of its certificate"
            yield _sign(Action.SIGN_CERTIFICATE, signable[0], what, "certificate_unsigned")


def _release(lacks: Collection[str], papers: Papers, waiting: Sequence[Waiting]) -> Iterator[Way]:
    found = [code for code in ("not_released", "release_lapsed") if code in lacks]
    if not found:
        return
    signable = [one for one in waiting if one.kind == "disposition"]
    if signable:
        one, waits = signable[0], papers.waiting
        if waits is not None:
            one = replace(one, signatures=max(1, waits.needed - len(waits.signed_by)))
        yield _sign(Action.SIGN_RELEASE, one, "release it", *found)
        return
    needed = max(1, papers.asked.release_signatures)
    by = "one signature" if needed == 1 else f"{needed} signatures"
    text = f"Quality releases it{' anew' if 'release_lapsed' in found else ''}, by {by}."
    yield Way(Action.RELEASE, text, frozenset(found), signatures=needed)


def _sign(action: Action, one: Waiting, what: str, *codes: str) -> Way:
    more = "one signature" if one.signatures == 1 else f"{one.signatures} signatures"
    text = f"{more[0].upper()}{more[1:]} of quality on change {one.change_id} to {what}."
    return Way(action, text, frozenset(codes), change_ids=(one.change_id,), signatures=one.signatures)
