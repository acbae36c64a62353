"""What the page of a lot asks of the database does not grow with the lot's history."""

from collections import Counter

from service.auth.access import access_to
from service.domain.identity.caller import Caller, Grant, Role
from service.domain.identity.permissions import PERMISSIONS
from service.settings import Settings
from service.store.pool import Connection
from service.web.lots.one_lot import lot_page
from tests.acting import TESTER
from tests.scenario import Scenario, Sent, at, course
from tests.statements import counted

DAY = 1_440
MONTHS = 24

#: An hour before and after half a minute beyond the limit.
WARM_HOURS: list[Sent] = [*[-80.0] * 13, -59.0, *[-80.0] * 13]

#: So many statements the page of a lot may cost that is not proven, and had an alert; it is 41 now.
MOST = 44


def test_two_years_cost_a_page_the_statements_of_a_day(connection: Connection) -> None:
    """One lot came yesterday and was warm once; the other was warm in each of 24 months: both pages ask as much."""
    store = Scenario(connection)
    now = MONTHS * 30 * DAY
    yesterday = now - DAY + 60
    for name, starts in (("day", [yesterday]), ("years", [*range(0, yesterday, 30 * DAY)[1:], yesterday])):
        store.container(name, loggers=[name])
        store.lot(f"{name}-lot", name, start=min(starts))
        for start in starts:
            store.store(course(name, WARM_HOURS, start=start))
        store.store(course(name, [-80.0] * 13, start=now - 60))
    while store.evaluate(now).marks:
        pass
    by_tester = Caller(TESTER, tuple(Grant(role, None) for role in Role))
    access = access_to(by_tester, PERMISSIONS["show_lot"])
    settings = Settings(clock_tolerance_s=100 * 365 * 86_400)

    def asked_for(lot_id: str) -> Counter[str]:
        with counted(connection) as asked:
            page = lot_page(connection, settings, at(now), lot_id=lot_id, access=access)
        assert bytes(page.body).count(b'data-label="Peak"') == {"day-lot": 1, "years-lot": MONTHS}[lot_id]
        return asked

    a_day, years = asked_for("day-lot"), asked_for("years-lot")
    assert years.total() == a_day.total(), years - a_day
    assert a_day.total() <= MOST
