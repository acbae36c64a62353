"""A clinic on a day on which everything happens at once: something to be seen on every page."""

from datetime import UTC, datetime, timedelta

import pytest

from service.acts.containers import add_container
from service.acts.corrections import correct
from service.acts.moves import move
from service.acts.parts import split
from service.acts.shipments import hand_over_shipment, register_shipment
from service.acts.sites import add_site
from service.domain.alerting.details import ProbeName as Probe
from service.domain.alerting.details import Silence, Silent, SilentProbe
from service.domain.alerting.lifecycle import Figures
from service.domain.corrections import Word
from service.domain.custody.handover import Offer
from service.domain.identity.actor import Actor
from service.domain.lots.parts import NewPart
from service.store.acting import acting
from service.store.custody.custody import hand_on
from service.store.custody.handovers import add_handover
from service.store.pool import Connection
from service.store.registry.organisations import Organisation, insert_organisation
from service.store.shipments.shipments import NewShipment, ShippedContainer
from tests.acting import TESTER
from tests.alarms import add_message, add_warm, ago, forget_alerts
from tests.scenario import BEFOREHAND, Scenario, course

SECRET = "the secret of the tests"  # noqa: S105  as it says
GTIN = "09521234543213"


def everyday(connection: Connection, monkeypatch: pytest.MonkeyPatch) -> dict[str, str | int]:
    """Lots of every answer, alerts open and over, a move to confirm, a correction to sign.

    Gives what stands in addresses for what, by the name of the parameter.
    """
    monkeypatch.setattr("tests.scenario.START", datetime.now(UTC) - timedelta(hours=4))
    scenario = Scenario(connection)
    courses = {
        "freezer-1": [-80.4, -80.1] * 25,
        "freezer-2": [-79.6] * 40 + [-52.0, -50.5, -48.2, -47.9, -48.3, -49.0, -50.2, -50.9, -51.0],
        "freezer-3": [-80.2] * 30 + [-45.0] * 19,
        "freezer-4": [-78.9] * 20,
        "freezer-5": [-81.0] * 49,
    }
    for name, temperatures in courses.items():
        scenario.container(name, loggers=[f"logger-{name[-1]}"])
        scenario.store(course(f"logger-{name[-1]}", temperatures))
    for number, name in enumerate([*courses, *list(courses)[:2]], 1):
        scenario.lot(f"exo-24{number:02}", name)
    with connection.transaction():
        connection.execute("UPDATE products SET gtin = %s WHERE id = 'product-cryo-80'", [GTIN])
    parts = [NewPart("exo-2405-a", 4), NewPart("exo-2405-b", 2, container_id="freezer-1", position="A1")]
    split(connection, "exo-2405", parts, ago(30), BEFOREHAND)
    split(connection, "exo-2405-a", [NewPart("exo-2405-a-1", 1), NewPart("exo-2405-a-2", 1)], ago(20), BEFOREHAND)
    # Its life ended in the freezer: nothing is left but what was.
    scenario.lot("exo-2420", "freezer-5", end=120)
    for minutes in (60, 180, 240):
        scenario.evaluate(minutes)
    placed = connection.execute("SELECT id, from_at FROM placements WHERE lot_id = 'exo-2401'").fetchone()
    assert placed is not None
    change = {"from_at": placed["from_at"] - timedelta(seconds=1)}
    correct(connection, TESTER, kind="placement", row_id=placed["id"], change=change, reason="the clock was fast")
    by_link = Word(Actor("link:ana", "Ana Keller (by link)", "signed link"), datetime.now(UTC), 900, 1, "it was warm")
    move(connection, "freezer-3", "freezer-5", at=ago(5), word=by_link)
    scenario.evaluate(241)
    _ship(connection, scenario)
    forget_alerts(connection)
    alert_id = add_warm(connection, "freezer-2", lot_ids=["exo-2402", "exo-2407"], name="Freezer-2")
    silent = Silent(Silence.WHOLE, (SilentProbe(Probe("logger-4"), 2_100, None),))
    more = {"cause": "logger_silent", "severity": "warning", "details": silent, "figures": Figures()}
    warning = add_warm(connection, "freezer-4", lot_ids=["exo-2404"], name="Freezer-4", **more)
    over = add_warm(connection, "freezer-5", state="resolved", began_at=ago(500), resolved_at=ago(420))
    add_message(connection, [alert_id], "ana-phone")
    add_message(connection, [alert_id, warning, over], "ben-mail", None, reason="escalated", error="timed out")
    hand_over(connection, "exo-2402")
    return {
        "lot_id": "exo-2402",
        "container_id": "freezer-2",
        "logger_id": "logger-2",
        "site_id": "site",
        "product_id": "product-cryo-80",
        "alert_id": alert_id,
        "gtin": GTIN,
        "shipment_id": "ship",
        "qualifiers": "10/EXO-2402",
        "month": f"{datetime.now(UTC):%Y-%m}",
    }


def hand_over(connection: Connection, lot_id: str) -> None:
    """A carrier has a lot, which a clinic has not confirmed yet."""
    with acting(connection, TESTER):
        for name, kind in (("alpine-exosomes", "maker"), ("lakeside-clinic", "clinic")):
            insert_organisation(connection, Organisation(name, name.replace("-", " ").title(), kind))
        taken = Offer("alpine-exosomes", ago(200))
        began = add_handover(connection, [lot_id], taken, from_id=None, container_id=None, account_id=None)
        hand_on(connection, [lot_id], taken.at, how="began", handover_id=began, organisation_id=taken.to_id)
        offer = Offer("lakeside-clinic", ago(20), "Alpine Courier", "JD0146000037")
        sent = add_handover(connection, [lot_id], offer, from_id=taken.to_id, container_id=None, account_id=None)
        by = {"carrier": offer.carrier, "waybill": offer.waybill}
        hand_on(connection, [lot_id], offer.at, how="handover", handover_id=sent, **by)


def _ship(connection: Connection, scenario: Scenario) -> None:
    """A shipment under way to another site."""
    add_site(connection, TESTER, "clinic", "Clinic", "Europe/Zurich")
    add_container(connection, TESTER, "shipper", "site", "Shipper", "shipper", "cryo-80")
    scenario.lot("exo-2431", "shipper", start=200)
    now = datetime.now(UTC)
    word = Word(TESTER, now, 900, 1, None, None)
    new = NewShipment("ship", "site", "clinic", "Cold Couriers", "CC-1", None, None, now + timedelta(hours=1))
    register_shipment(connection, new, [ShippedContainer("shipper", ["S-1"])], word)
    hand_over_shipment(connection, "ship", now, word)
