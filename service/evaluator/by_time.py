"""What time alone changes: verdicts of lots that are due, and alarms that are due to fire."""

from collections.abc import Sequence

from service.domain.clocks import AsOf
from service.evaluator.alerting.budgets import note_budgets
from service.evaluator.alerting.limit_alerts import alarms_due, update_alerts_of
from service.evaluator.history import Touches, judge_and_record
from service.evaluator.working_off import Pass
from service.store.claims import Claim
from service.store.exposure import generations
from service.store.exposure.records import lock_records
from service.store.lots.answers import lots_due
from service.store.pool import Connection
from service.store.registry.profiles import all_profiles

#: Lots judged in one transaction: marks wait for it.
_MOST_LOTS = 2_000


def judge_what_is_due(connection: Connection, as_of: AsOf, claim: Claim) -> Pass:
    """Judge what time may have changed by now, of some shares of the containers."""
    done = judge_by_time(connection, lots_due(connection, as_of.now_us, _MOST_LOTS, claim), as_of)
    if due := alarms_due(connection, as_of.now_us, claim.shares):
        with generations.held(connection):
            lock_records(connection, due)
            update_alerts_of(connection, due, all_profiles(connection), as_of.now_us)
    return done


def judge_by_time(connection: Connection, lot_ids: Sequence[str], as_of: AsOf) -> Pass:
    """Judge lots of which no reading tells anything new."""
    if not lot_ids:
        return Pass()
    with generations.held(connection):
        judged, changed = judge_and_record(connection, lot_ids, as_of, Touches([], [], set()))
        note_budgets(connection, judged, as_of.now_us, by_people=False)
    return Pass(lots=len(judged), changed_verdicts=changed)
