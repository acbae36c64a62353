"""The papers of the demo's lots: most are whole; what is missing, waits or stands against a lot is told there."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from simulators.papers import Certificate, Decision, Papers, Recall
from simulators.world import Lot

_SIGNATORY = "Dr. M. Keller, Meridian Exosomics"


def demo_papers(lots: tuple[Lot, ...]) -> Papers:
    """Of the lots of the demo."""
    by_id = {lot.lot_id: lot for lot in lots}
    certificates = {lot_id: _certificate(by_id[lot_id]) for lot_id in by_id if lot_id not in _WITHOUT}
    # The laboratory has not reported yet; and one that whoever tries the demo may sign.
    certificates["fd-2012"] = _certificate(by_id["fd-2012"], mycoplasma="pending")
    certificates["mx-1042"] = _certificate(by_id["mx-1042"], is_signed=False)
    return Papers(
        certificates=certificates,
        decisions=(
            *(
                Decision(lot_id, "released", "Certificate and cold chain looked through; nothing is missing.")
                for lot_id in ("mx-1041", "mx-1043", "mx-1046", "mx-1047")
            ),
            Decision("fd-2013", "quarantined", "Refrigerator 1 was found open: deviation DEV-2026-031 is looked into."),
        ),
        recalls=(Recall("mx-1040", "A donor of this lot reported an infection after the donation."),),
    )


#: Of a product for which nothing was adopted yet.
_WITHOUT = {"cm-3007"}


def _certificate(lot: Lot, *, is_signed: bool = True, **otherwise: str) -> Certificate:
    made = datetime.fromtimestamp(lot.life_starts_ms / 1_000, UTC).date()
    issued = made + timedelta(days=1)
    return Certificate(str(issued), _SIGNATORY, {**_items(str(made)), **otherwise}, is_signed)


def _items(made_on: str) -> Mapping[str, str]:
    return {
        "cd9": "present",
        "cd63": "present",
        "cd81": "present",
        "particles_per_ml": "1.4e11",
        "sterility": "no growth",
        "endotoxin": "<0.05 EU/mL",
        "mycoplasma": "not detected",
        "donor_panel": "HIV-1/2, HBV, HCV, HTLV I/II, syphilis, CMV",
        "donor_result": "negative",
        "donor_screened_on": made_on,
        "source_tissue": "umbilical cord, mesenchymal stromal cells",
        "isolation_method": "tangential flow filtration",
        "manufactured_on": made_on,
        "site_registration_number": "FEI 3012345678",
        "site_registration_kind": "cGMP",
        "site_registered_from": "2024-01-01",
        "site_registered_until": "2036-12-31",
        "calnexin": "negative",
    }
