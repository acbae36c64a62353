"""What is signed, in words: whoever signs reads sentences, and nothing of the record is hidden behind them."""

import json
from typing import Any

import pytest

from service.web.lots.signed_words import signed_words


def said(kind: str, what: dict[str, Any]) -> tuple[str, dict[str, str]]:
    """The gist of a change, and its lines by label."""
    words = signed_words(kind, json.dumps({"kind": kind, "row_id": "1", "what": what}))
    return words.gist, {line.label: line.text for line in words.lines}


LIMIT = {"direction": "above", "threshold_c": -60.0, "effect": "condemns", "budget_s": 3600, "single_s": None}


@pytest.mark.parametrize(
    ("what", "gist"),
    [
        (
            {
                "adoption": {"product_id": "exo", "stage": "storage"},
                "profile": {"name": "Frozen", "version": 2, "limits": [LIMIT]},
            },
            "Product exo, storage: judged by “Frozen” (version 2): above −60 °C condemns after 1 h in total.",
        ),
        (
            {
                "adoption": {"product_id": "exo"},
                "product": {"name": "Exosomes"},
                "specification": {
                    "id": "exosomes",
                    "version": 1,
                    "document": {"items": [{"label": "CD9"}, {"label": "TSG101", "required": False}]},
                },
            },
            "Product Exosomes: certificates meet “exosomes” (version 1): CD9.",
        ),
        (
            {"adoption": {"product_id": "exo", "release_signatures": 2}},
            "Product exo: a release needs 2 signatures of quality.",
        ),
        ({"adoption": {"product_id": "exo", "release_signatures": 0}}, "Product exo: its lots need no release."),
    ],
)
def test_what_a_product_asks_for_is_a_sentence(what: dict[str, Any], gist: str) -> None:
    """Quality adopts limits, a specification or signatures of releases, and reads which."""
    assert said("adoption", what)[0] == gist


def test_of_a_certificate_what_does_not_pass_is_read_first() -> None:
    """Whoever signs a certificate is told of each item that fails or is missing, and how many pass."""
    judged = [
        {"label": "CD9", "outcome": "pass", "why": "present"},
        {"label": "Endotoxin", "outcome": "fail", "why": "0.9 EU/mL is above 0.5."},
    ]
    its = {"version": 3, "issued_on": "2026-11-20", "signatory": "Dr. A. Chemist", "judged": judged}
    gist, lines = said("certificate", {"certificate": its})
    assert gist == (
        "Version 3, issued 2026-11-20 by Dr. A. Chemist; 1 of 2 items pass. Endotoxin: 0.9 EU/mL is above 0.5."
    )
    assert lines["Certificate · judged · 1"] == "label CD9; outcome pass; why present"


def test_a_decision_is_signed_with_what_was_known_of_the_lot() -> None:
    """A release says which lot, and what its answer was when it was decided."""
    status = {"verdict_text": "within limits", "reasons": [{"text": "It is not released."}]}
    what = {"decision": "released", "lot_number": "2411-07", "product_id": "exo", "status": status}
    assert said("disposition", what)[0] == (
        "Release lot 2411-07 of exo. When it was decided its temperature was within limits; It is not released."
    )


def test_what_has_no_sentence_of_its_own_is_told_line_by_line() -> None:
    """Figures with their units, times in UTC: a calibration, and what it takes the place of."""
    what = {
        "was": None,
        "becomes": {
            "offset_c": -0.5,
            "from_at": "2026-11-20T06:00:00Z",
            "door_grace_s": 300,
            "is_due": True,
            "points": [{"at_c": -80, "certificate": "C-7"}],
            "notes": [],
            "lots": ["a", "b"],
        },
    }
    gist, lines = said("calibration", what)
    assert gist == ""
    assert lines == {
        "Was": "—",
        "Becomes · offset": "−0.5 °C",
        "Becomes · from": "2026-11-20 06:00:00 UTC",
        "Becomes · door grace": "5 min",
        "Becomes · is due": "yes",
        "Becomes · points · 1": "at −80 °C; certificate C-7",
        "Becomes · notes": "—",
        "Becomes · lots": "a, b",
    }
