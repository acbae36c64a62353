"""Handing a lot over by pages: offered by a form, confirmed by a button, told on the lot's page."""

import httpx
import pytest

from service.store.pool import Connection
from tests.cold_store import ago, put, register_site
from tests.organisations import add_organisation, as_of


@pytest.fixture
def store(api: httpx.Client, connection: Connection) -> httpx.Client:
    """A maker whose lot lies in its box, and a clinic."""
    register_site(api)
    for name, kind in (("maker", "maker"), ("clinic", "clinic")):
        add_organisation(api, connection, name, kind)
    lot = {"id": "mx", "product_id": "exo-a", "lot_number": "MX", "life_starts_at": ago(300)}
    put(api, "/lots", lot)
    put(api, "/lots/mx/placements", {"id": "put", "container_id": "maker-box", "from": ago(300)})
    return api


def send(api: httpx.Client, path: str, **fields: str) -> httpx.Response:
    return api.post(path, data=fields, follow_redirects=True)


def test_a_lot_is_taken_offered_and_confirmed_by_pages(store: httpx.Client, connection: Connection) -> None:
    """The courier's box is open on the bench: who gives it and who takes it each press one button."""
    with as_of(store, connection, "maker"):
        assert "Who answered for it" not in store.get("/lots/mx").text
        assert "Hand it over" in store.get("/lots/mx").text
        page = send(store, "/lots/mx/custody", organisation_id="clinic").text
        assert "first somebody takes custody" in page
        page = send(store, "/lots/mx/custody", organisation_id="maker").text
        assert "Custody is taken" in page
        assert "answers for it now" in page
        assert "Hand over what is in it" in store.get("/containers/maker-box").text
        page = send(store, "/containers/maker-box/custody", organisation_id="clinic", carrier="DHL", waybill="JD1").text
        assert "It is offered." in page
        assert "1 lot from Maker to Clinic" in page
        assert "We have it back" in page
        assert "We do not take it" not in page
        assert "you are not of it" in send(store, "/handovers/2", act="confirm").text
    with as_of(store, connection, "clinic"):
        assert "DHL, waybill" in store.get("/handovers").text
        assert "say why it is not taken" in send(store, "/handovers/2", act="refuse").text
        page = send(store, "/handovers/2", act="confirm").text
        assert "It is confirmed" in page
        assert "No handover waits." in page
        page = store.get("/lots/mx").text
        for told in ("DHL (waybill JD1)", "given by C. of Maker, taken by C. of Clinic", "received"):
            assert told in page
        assert page.index("received") < page.index("DHL (waybill JD1)")


def test_an_organisation_is_registered_and_a_site_says_whose_it_is(store: httpx.Client) -> None:
    """The second clinic begins with two forms."""
    page = send(store, "/new/organisation", name="Bern clinic", kind="clinic", id="bern-clinic").text
    assert "The organisation is registered." in page
    page = send(store, "/new/site", name="Bern", time_zone="Europe/Zurich", organisation_id="bern-clinic").text
    assert "The site is registered." in page
    assert "Bern clinic" in store.get("/sites").text
    assert "Choose one of the list" in send(store, "/new/organisation", name="X", kind="").text
