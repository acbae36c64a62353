"""A certificate is held against its specification item by item, and what is not stated has not been met."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from service.domain.answers.certificate import (
    Stated,
    UnreadableItemsError,
    figure_text,
    judge,
    latest_today,
    why_not_issued,
    why_of_another,
)
from service.domain.answers.papers import JudgedItem, Outcome
from service.domain.answers.specification import Item, ItemKind, Specification, why_not_sound
from service.store.registry.specifications import BUILT_IN

ISSUED, TODAY = date(2026, 11, 20), date(2026, 12, 1)
[EXOSOMES] = BUILT_IN

#: As a good certificate states it.
GOOD = {
    "cd9": "present",
    "cd63": "Positive",
    "cd81": "+",
    "particles_per_ml": "1.2 × 10¹⁰ particles/mL",
    "sterility": "No growth",
    "endotoxin": "<0.05 EU/ml",
    "mycoplasma": "not detected",
    "donor_panel": "HIV-1/2, HBV, HCV, T. pallidum, HTLV, CMV",
    "donor_result": "non-reactive",
    "donor_screened_on": "2026-09-30",
    "source_tissue": "umbilical cord",
    "isolation_method": "tangential flow filtration",
    "manufactured_on": "2026-11-02",
    "site_registration_number": "3012345678",
    "site_registration_kind": "section 361",
    "site_registered_from": "2026-01-01",
    "site_registered_until": "2026-12-31",
}


def judged(specification: Specification = EXOSOMES, **stated: str) -> dict[str, JudgedItem]:
    """Items by name, of a good certificate but for what is stated otherwise."""
    found = judge(specification, {**GOOD, **stated}, issued_on=ISSUED, today=TODAY)
    return {item.name: item for item in found}


def lone(kind: ItemKind, value: str, **more: object) -> JudgedItem:
    """What becomes of the only item of a specification."""
    item = replace(Item("it", "It", kind), **more)  # type: ignore[arg-type]  # as a test gives them
    [found] = judge(Specification("s", 1, "S", (item,)), {"it": value}, issued_on=ISSUED, today=TODAY)
    return found


def test_a_good_certificate_meets_the_shipped_specification() -> None:
    """Identity, purity, safety, donor and site are all stated, and nothing that is only on offer is asked for."""
    assert why_not_sound(EXOSOMES) is None
    found = judged()
    assert {item.outcome for item in found.values()} == {Outcome.PASS}
    assert found.keys() == {item.name for item in EXOSOMES.items if item.required}
    assert judged(tsg101="detected", calnexin="negative", potency="n.d.").keys() == {*found, "tsg101", "calnexin"}


@pytest.mark.parametrize("name", [item.name for item in EXOSOMES.items if item.required])
def test_each_thing_asked_for_is_missed(name: str) -> None:
    """Whatever a certificate does not state is not proven, however good the rest is."""
    for nothing in ("", "pending", "n/a"):
        assert judged(**{name: nothing})[name].outcome is Outcome.MISSING


@pytest.mark.parametrize(
    ("name", "value", "why"),
    [
        ("cd9", "not detected", "has to be present"),
        ("mycoplasma", "positive", "has to be absent"),
        ("donor_result", "reactive", "has to be absent"),
        ("endotoxin", "0.9", "Endotoxin 0.9 EU/mL, where at most 0.5 EU/mL is allowed"),
        ("endotoxin", "<1", "leaves open whether it is at most 0.5 EU/mL"),
        ("endotoxin", "≥ 0.1 EU/mL", "leaves open"),
        ("particles_per_ml", "1e7", "where 1e8 to 1e13 particles/mL is allowed"),
        ("site_registered_until", "2026-11-01", "is before Date of manufacture, 2026-11-02"),
        ("site_registered_from", "2026-11-03", "is after Date of manufacture, 2026-11-02"),
        ("site_registration_kind", "ISO 9001", "where cGMP or FDA registration or"),
        ("manufactured_on", "2026-11-21", "after the certificate's own date"),
        ("calnexin", "present", "has to be absent"),
        ("residual_moisture", "3.1 %", "0 to 3 % is allowed"),
    ],
)
def test_what_is_not_allowed_fails_with_its_figures(name: str, value: str, why: str) -> None:
    """Quality reads why, and not only that; what is on offer counts once it is stated."""
    item = judged(**{name: value})[name]
    assert item.outcome is Outcome.FAIL
    assert why in item.why


@pytest.mark.parametrize(
    ("name", "value"), [("endotoxin", "≤0.5"), ("endotoxin", "0.5"), ("residual_moisture", "0 - 3 %")]
)
def test_a_limit_itself_is_allowed(name: str, value: str) -> None:
    """At most 0.5 is 0.5, too; and a registration is valid on its first and last day."""
    assert judged(**{name: value})[name].outcome is Outcome.PASS
    on_the_day = judged(site_registered_from="2026-11-02", site_registered_until="2026-11-02")
    assert on_the_day["site_registered_from"].outcome is on_the_day["site_registered_until"].outcome is Outcome.PASS


def test_a_date_held_against_one_that_is_missing_is_missing() -> None:
    """Whether a registration was valid on the day of manufacture, nobody knows without that day."""
    found = judged(manufactured_on="n/a")
    assert {name for name, item in found.items() if item.outcome is Outcome.MISSING} == {
        "manufactured_on",
        "donor_screened_on",
        "site_registered_from",
        "site_registered_until",
    }


def test_all_that_cannot_be_read_is_told_at_once() -> None:
    """Who types a certificate mends it once."""
    with pytest.raises(UnreadableItemsError) as refused:
        judged(
            endotoxin="0,05",
            cd9="98 %",
            manufactured_on="02.11.2026",
            donor_screened_on="2026-12-02",
            site_registered_from="20260101",
        )
    problems = refused.value.problems
    assert problems.keys() == {"endotoxin", "cd9", "manufactured_on", "donor_screened_on", "site_registered_from"}
    assert "in the future" in problems["donor_screened_on"]
    assert "2026-01-31" in problems["site_registered_from"]
    assert refused.value.field.startswith("items.")
    assert len(refused.value.others) == 4


def test_further_words_are_data() -> None:
    """That sterile means that nothing grew is said by the specification, and by no code."""
    assert lone(ItemKind.ABSENT, "Sterile", allowed=("sterile",)).outcome is Outcome.PASS
    with pytest.raises(UnreadableItemsError):
        lone(ItemKind.ABSENT, "sterile")
    assert lone(ItemKind.TEXT, "Conforms").outcome is Outcome.MISSING
    assert lone(ItemKind.TEXT, "conforms", allowed=("Conforms",)).outcome is Outcome.PASS
    assert lone(ItemKind.NUMBER, "17").outcome is Outcome.PASS
    assert lone(ItemKind.NUMBER, "-17", maximum=-5.0).outcome is Outcome.PASS


def test_a_certificate_of_another_lot_is_none() -> None:
    """A good certificate of the lot beside it proves nothing."""
    good = Stated("L1", ISSUED, "Dr R. Meier", GOOD, product_id="exo-a")
    assert why_of_another(good, "L1", "exo-a", None) is None
    assert "lot number 'L1'" in str(why_of_another(good, "L2", "exo-a", None))
    assert "product 'exo-a'" in str(why_of_another(good, "L1", "exo-b", None))
    by_gtin = replace(good, product_id=None, gtin="7612345000008")
    assert why_of_another(by_gtin, "L1", "exo-a", "07612345000008") is None
    assert "GTIN 7612345000008" in str(why_of_another(by_gtin, "L1", "exo-a", "07612345000015"))
    assert "has none" in str(why_of_another(by_gtin, "L1", "exo-a", None))


def test_today_is_the_latest_there_is() -> None:
    """A certificate that was signed this morning in Auckland is not of tomorrow, whatever the day in Zürich."""
    assert latest_today(datetime(2026, 11, 30, 11, tzinfo=UTC)) == date(2026, 12, 1)
    assert why_not_issued(date(2026, 12, 1), date(2026, 12, 1)) is None
    assert "future" in str(why_not_issued(date(2026, 12, 2), date(2026, 12, 1)))
    assert "1900" in str(why_not_issued(date(202, 12, 2), date(2026, 12, 1)))


@pytest.mark.parametrize(
    ("figure", "text"),
    [
        (0.5, "0.5"),
        (1200, "1200"),
        (1e9, "1e9"),
        (1.5e10, "1.5e10"),
        (0.0, "0"),
        (-20.0, "-20"),
        (1234567.0, "1.234567e6"),
    ],
)
def test_a_figure_is_told_to_its_last_digit(figure: float, text: str) -> None:
    """A limit that is told rounded is another limit."""
    assert figure_text(figure) == text


_DATE = Item("made_on", "Made on", ItemKind.DATE)


@pytest.mark.parametrize(
    ("items", "field"),
    [
        ((_DATE, _DATE), "items.0.name"),
        ((replace(_DATE, name="issued_on"),), "items.0.name"),
        ((replace(_DATE, required=False),), "items"),
        ((replace(_DATE, unit="d"),), "items.0.unit"),
        ((replace(_DATE, not_before="made_on"),), "items.0.not_before"),
        ((_DATE, replace(_DATE, name="b", not_after="nothing")), "items.1.not_after"),
        ((Item("x", "X", ItemKind.NUMBER, minimum=2.0, maximum=1.0),), "items.0.minimum"),
        ((Item("x", "X", ItemKind.TEXT, maximum=0.0),), "items.0.maximum"),
        ((Item("x", "X", ItemKind.NUMBER, allowed=("a",)),), "items.0.allowed"),
        ((Item("x", "X", ItemKind.TEXT, allowed=("n/a",)),), "items.0.allowed"),
        ((Item("x", "X", ItemKind.ABSENT, allowed=("Positive",)),), "items.0.allowed"),
        ((Item("x", "X", ItemKind.TEXT, may_be_future=True),), "items.0.may_be_future"),
    ],
)
def test_a_specification_by_which_nothing_can_be_judged_is_none(items: tuple[Item, ...], field: str) -> None:
    """A specification that an empty certificate meets, or none can meet, proves nothing."""
    assert (why_not_sound(Specification("s", 1, "S", items)) or ("",))[0] == field
