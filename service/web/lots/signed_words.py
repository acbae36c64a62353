"""What is signed, as people read it: in a sentence or two, and line by line. The JSON itself stands beside."""

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from service.domain.instant import SECOND_US, duration_text, temperature_text
from service.web.frame import frame
from service.web.words import moment

_What = Mapping[str, Any]

#: Deeper than this nothing that people record goes; what does is told as it is.
_DEEPEST = 6


@dataclass(frozen=True, slots=True)
class SignedLine:
    """One thing that is signed: what it is of, in words, and what is said of it."""

    label: str
    text: str


@dataclass(frozen=True, slots=True)
class SignedWords:
    """What is signed. `gist` is empty where the lines say it as shortly."""

    gist: str
    lines: tuple[SignedLine, ...]


def signed_words(kind: str, content: str) -> SignedWords:
    """What the content of a change of this kind says."""
    whole = json.loads(content)
    what = whole.get("what", whole)
    gist = _GISTS.get(kind)
    touches = whole.get("touches")
    lines = [*_lines((), what), *(_lines(("touches",), touches) if touches else ())]
    return SignedWords("" if gist is None else gist(what), tuple(lines))


def _adoption(what: _What) -> str:
    asked, product = what["adoption"], what.get("product", {})
    of = f"Product {product.get('name') or asked['product_id']}"
    if (profile := what.get("profile")) is not None:
        limits = "; ".join(_limit(one) for one in profile["limits"])
        return f"{of}, {asked['stage']}: judged by “{profile['name']}” (version {profile['version']}): {limits}."
    if (specification := what.get("specification")) is not None:
        items = specification.get("items", specification.get("document", {}).get("items", []))
        required = ", ".join(one["label"] for one in items if one.get("required", True))
        return f"{of}: certificates meet “{specification['id']}” (version {specification['version']}): {required}."
    needed = asked["release_signatures"]
    if not needed:
        return f"{of}: its lots need no release."
    return f"{of}: a release needs {needed} {'signature' if needed == 1 else 'signatures'} of quality."


def _limit(one: _What) -> str:
    allowed = [
        f"{_seconds(one[name])} {how}"
        for name, how in (("budget_s", "in total"), ("single_s", "at a stretch"))
        if one.get(name) is not None
    ]
    text = f"{one['direction']} {temperature_text(one['threshold_c'])} {one['effect']}"
    return f"{text} after {' or '.join(allowed)}" if allowed else text


def _certificate(what: _What) -> str:
    its = what["certificate"]
    outcomes = Counter(one["outcome"] for one in its["judged"])
    passed = f"{outcomes['pass']} of {outcomes.total()} items pass"
    others = [f"{one['label']}: {one['why']}" for one in its["judged"] if one["outcome"] != "pass"]
    text = f"Version {its['version']}, issued {its['issued_on']} by {its['signatory']}; {passed}."
    return " ".join([text, *others])


def _disposition(what: _What) -> str:
    verb = {"released": "Release", "quarantined": "Set apart", "rejected": "Reject"}[what["decision"]]
    status = what["status"]
    reasons = " ".join(one["text"] for one in status["reasons"])
    return (
        f"{verb} lot {what['lot_number']} of {what['product_id']}. When it was decided its temperature was "
        f"{status['verdict_text']}; {reasons}"
    )


def _recall_lift(what: _What) -> str:
    return (
        f"End the recall of lot {what['lot_number']} of {what['product_id']}, which {what['recalled_by']} recalled: "
        f"{what['recalled_for']}"
    )


def _assessment(what: _What) -> str:
    its = what["assessment"]
    finding = {"gap": "not measured", "disputed": "disputed", "excursion": "an excursion"}[its["finding"]]
    of = f"lot {its['lot_id']}" if its["lot_id"] else f"all lots in {its['container_id']}"
    when = f"{_instant(its['from_at'])} to {_instant(its['until_at'])}"
    return (
        f"Of {of}, {when} ({finding}): {_seconds(its['accepted_s'])} accepted as beyond the limits. "
        f"Evidence: {its['evidence']} (deviation {its['deviation']})."
    )


def _carried_in(what: _What) -> str:
    its = what["carried_in"]
    used = "; ".join(
        f"{one['direction']} {temperature_text(one['threshold_c'])} {_seconds(one['used_s'])}" for one in its["used"]
    )
    return f"Lot {its['lot_number']} had used until {_instant(its['until'])}: {used}. Evidence: {its['evidence']}"


_GISTS: Mapping[str, Callable[[_What], str]] = {
    "adoption": _adoption,
    "certificate": _certificate,
    "disposition": _disposition,
    "recall_lift": _recall_lift,
    "assessment": _assessment,
    "carried_in": _carried_in,
}


def _lines(path: tuple[str, ...], said: Any) -> Iterator[SignedLine]:
    if isinstance(said, Mapping) and said and len(path) < _DEEPEST:
        for name, value in said.items():
            yield from _lines((*path, str(name)), value)
    elif isinstance(said, list) and said and isinstance(said[0], Mapping) and len(path) < _DEEPEST:
        for number, one in enumerate(said, 1):
            yield SignedLine(_label((*path, str(number))), "; ".join(_told(one)))
    else:
        yield SignedLine(_label(path), _text(path[-1] if path else "", said))


def _told(said: _What) -> Iterator[str]:
    for name, value in said.items():
        if value not in (None, "", [], {}):
            yield f"{_words(name)} {_text(name, value)}"


def _label(path: tuple[str, ...]) -> str:
    text = " · ".join(_words(name) for name in path)
    return text[:1].upper() + text[1:]


def _words(name: str) -> str:
    """A name without its unit, which stands beside the figure."""
    for end in ("_c", "_s", "_at"):
        name = name.removesuffix(end)
    return name.replace("_", " ")


def _text(name: str, value: Any) -> str:
    if value is None or value in ("", [], {}):
        return "—"
    if isinstance(value, bool | int | float):
        return _figure(name, value)
    if isinstance(value, list):
        return ", ".join(_text("", one) for one in value)
    if isinstance(value, Mapping):
        return "; ".join(_told(value))
    return _instant(str(value)) if name.endswith("_at") or name in {"from", "until"} else str(value)


def _figure(name: str, value: float) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if name.endswith("_c"):
        return temperature_text(value)
    return _seconds(value) if name.endswith("_s") else f"{value:.12g}"


def _seconds(value: float) -> str:
    return duration_text(round(value * SECOND_US))


def _instant(text: str) -> str:
    try:
        when = moment(datetime.fromisoformat(text), frame().zone)
    except ValueError:
        return text
    return f"{when.exact} ({when.utc})" if when.utc else when.exact
