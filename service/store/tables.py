"""Every table: what class it is of, and which part of the service writes what there.

*Evidence* is only added. *Recorded facts* are added, and of what is there only the named columns change, which close or
supersede it. *Working state* is what the service computes, and could compute again, or remembers for the moment.
service/store/privileges.py makes the privileges of the parts' database roles of this; whatever is not named here is
refused to them. A new table has its line here, or a test fails.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Kind(StrEnum):
    """What a table is for."""

    EVIDENCE = "evidence"
    RECORDED = "recorded facts"
    WORKING = "working state"


#: The parts that have a database role of their own; the migration's is the owner of the tables.
PARTS = ("ingest", "evaluator", "api", "alerts", "backup")

#: All columns may change.
ALL = "*"


@dataclass(frozen=True, slots=True)
class Table:
    """Which parts write it. All of them read it, unless it holds `secrets`.

    Attributes:
        insert, delete, truncate: the parts that may.
        update: the columns that a part may change, between spaces, or ALL.
        lock: the parts that keep others from its rows though they change none.
        trail: people write it, so that a trail is kept (`CALL keep_trail` in its migration).
        secrets: read by the API, and by whoever makes backups, alone.
    """

    kind: Kind
    insert: frozenset[str] = frozenset()
    update: Mapping[str, str] = field(default_factory=dict)
    delete: frozenset[str] = frozenset()
    truncate: frozenset[str] = frozenset()
    lock: frozenset[str] = frozenset()
    trail: bool = False
    secrets: bool = False

    def readers(self) -> frozenset[str]:
        """The parts that may read it."""
        return frozenset({"api", "backup"} if self.secrets else PARTS)

    def columns(self, part: str) -> tuple[str, ...]:
        """What a part may change of its rows: names of columns, or ALL alone."""
        return tuple(self.update.get(part, "").split())


def _evidence(insert: str, *, lock: str = "", trail: bool = False) -> Table:
    return Table(Kind.EVIDENCE, frozenset(insert.split()), lock=frozenset(lock.split()), trail=trail)


def _recorded(insert: str, *, lock: str = "", trail: bool = True, secrets: bool = False, **update: str) -> Table:
    """Facts; `update`: by part the columns that close or supersede them."""
    return Table(
        Kind.RECORDED, frozenset(insert.split()), update, lock=frozenset(lock.split()), trail=trail, secrets=secrets
    )


def _working(insert: str, *, delete: str = "", truncate: str = "", secrets: bool = False, **update: str) -> Table:
    """Working state; `update`: by part the columns that it changes."""
    return Table(
        Kind.WORKING,
        frozenset(insert.split()),
        update,
        frozenset(delete.split()),
        frozenset(truncate.split()),
        secrets=secrets,
    )


_SERVICE = frozenset({"ingest", "evaluator", "api", "alerts"})
_EVALUATORS = _working("evaluator", evaluator=ALL, delete="evaluator")
_NEXT = _working("evaluator", evaluator=ALL, delete="evaluator", truncate="evaluator")

TABLES: Mapping[str, Table] = {
    # what was measured, and what was not taken
    "readings": _evidence("ingest api"),
    "reading_conflicts": _evidence("ingest api"),
    "rejected_messages": _recorded("ingest", ingest="times last_received_at", trail=False),
    "rejected_totals": _working("", ingest="messages bytes"),
    "rejected_shares": _working("ingest", ingest="messages"),
    "refusals": Table(
        Kind.WORKING,
        frozenset({"ingest", "api"}),
        dict.fromkeys(("ingest", "api"), "times first_at last_at"),
        delete=frozenset({"evaluator"}),
    ),
    "redrives": _evidence("api", trail=True),
    # what there is
    "organisations": _recorded("api", api="name kind retired_at"),
    "sites": _recorded("api", api="name retired_at organisation_id"),
    "profiles": _evidence("api", lock="api", trail=True),
    "products": _recorded("api", api="name gtin retired_at organisation_id"),
    "specifications": _evidence("api", trail=True),
    "adoptions": _evidence("api", trail=True),
    "containers": _recorded("api", api="site_id name door_grace_s mapping_study retired_at", lock="evaluator"),
    "loggers": _recorded(
        "ingest api",
        ingest="topic_site first_seen_at online online_since firmware",
        api="site_id model range_min_c range_max_c firmware registered_at topic_site first_seen_at online online_since "
        "retired_at",
    ),
    "series": _recorded("ingest api", lock="api evaluator"),
    "lots": _recorded(
        "api",
        api="life_starts_at life_ends_at expires_on units profile_id profile_version split_up_at",
        lock="api evaluator",
    ),
    "aliases": _recorded("api", api="struck_at struck_reason"),
    # papers of lots
    "certificates": _evidence("api", trail=True),
    "dispositions": _evidence("api", trail=True),
    "release_lapses": _evidence("evaluator"),
    "recalls": _evidence("api", trail=True),
    "recall_lifts": _evidence("api", trail=True),
    "assessments": _recorded("api", api="struck_at struck_reason"),
    "carried_in": _evidence("api", trail=True),
    # what people recorded
    "lineage": _evidence("api", trail=True),
    "serial_ranges": _evidence("api", trail=True),
    "recorded_nestings": _recorded("api", api="until_at superseded_by"),
    "shipments": _recorded("api", api="handed_over_at handed_over_by received_at cancelled_at"),
    "shipped_containers": _evidence("api", trail=True),
    "manifests": _evidence("api", trail=True),
    "receipts": _evidence("api", trail=True),
    "recorded_placements": _recorded("api", api="until_at superseded_by"),
    "handovers": _evidence("api", trail=True),
    "handover_steps": _evidence("api", trail=True),
    "recorded_custody": _recorded("api", api="until_at superseded_by"),
    "recorded_attachments": _recorded("api", api="until_at commissioned_at superseded_by"),
    "recorded_calibrations": _recorded("api", api="until_at ended_by superseded_by"),
    "recorded_clock_mends": _recorded("api", api="superseded_by"),
    "recorded_absences": _recorded("api", api="superseded_by"),
    "corrections": _evidence("api", trail=True),
    "changes_to_sign": _recorded("api", api="freed_at freed_by freed_by_author"),
    "change_reaches": _evidence("api", trail=True),
    "documents": _evidence("api"),
    "origins": _evidence("api", trail=True),
    "brought_readings": _evidence("api", trail=True),
    "site_rules": _evidence("api", trail=True),
    "signatures": _evidence("api", trail=True),
    "csv_mappings": _recorded("api", api="columns recorded_at"),
    "door_graces": _evidence("api", trail=True),
    "moves": _evidence("api", trail=True),
    "move_reviews": _evidence("api", trail=True),
    "checks": _evidence("api", trail=True),
    "audit_trail": _evidence(""),
    "audit_seals": _evidence("alerts"),
    "audit_checks": _working("alerts", alerts=ALL),
    # who may do what, and what proves that somebody is who they say
    "accounts": _recorded("api", api="password_set_at code_since pin_set_at unlocked_at deactivated_at"),
    "grants": _recorded("api", api="revoked_at"),
    "api_keys": _recorded("api", api="revoked_at"),
    "kiosks": _recorded("api", api="revoked_at"),
    "credentials": _working("api", api=ALL, secrets=True),
    "recovery_codes": _working("api", api="used_at", delete="api", secrets=True),
    "key_secrets": _working("api", api="last_used_at", secrets=True),
    "kiosk_secrets": _working("api", api="last_seen_at failures failed_at closed_until", secrets=True),
    "sessions": _working("api", api="active_at ended_at ended_why signed_at", secrets=True),
    # what was judged
    "verdicts": _evidence("evaluator"),
    "answers": _evidence("evaluator"),
    "verdict_lapses": _evidence("evaluator"),
    "lot_states": _working("evaluator api", evaluator=ALL),
    # where lots and containers were, as the database itself works it out of what people recorded
    "enclosures": _working(""),
    "stays": _working(""),
    # what the evaluator keeps in order to judge
    "dirty": _working("ingest api evaluator", evaluator="step_us", delete="evaluator"),
    "unjudged": _EVALUATORS,
    "container_records": _EVALUATORS,
    "threshold_spans": _EVALUATORS,
    "gap_spans": _EVALUATORS,
    "series_ends": _EVALUATORS,
    "rollups": _EVALUATORS,
    "rollups_waiting": _EVALUATORS,
    "past_windows": _EVALUATORS,
    "budget_stages": _EVALUATORS,
    "next.container_records": _NEXT,
    "next.threshold_spans": _NEXT,
    "next.gap_spans": _NEXT,
    "next.windows": _NEXT,
    # alerts, and who was told of them
    "alerts": _working(
        "evaluator alerts",
        evaluator=ALL,
        alerts=ALL,
        api="state fired_at acknowledged_at acknowledged_by resolved_at lot_ids",
        delete="evaluator alerts",
    ),
    "alert_steps": _evidence("evaluator alerts api", trail=True),
    "alerting": _evidence("api", trail=True),
    "silences": _recorded("api", api="until_at planned_until ended_by"),
    "tellings": _recorded("alerts", alerts="receivers", trail=False),
    "notifications": _working("alerts", alerts=ALL),
    "last_good_calendars": _working("alerts", alerts=ALL),
    # how the service itself is
    "clocks": Table(Kind.WORKING, _SERVICE, dict.fromkeys(_SERVICE, "said_at database_at")),
    "ingest_tallies": _working("ingest", ingest=ALL),
    "migrations": _working(""),
}

#: Views through which what counts of a table is read and written: a part may do there what it may do to the table.
VIEWS: Mapping[str, str] = {
    "placements": "recorded_placements",
    "attachments": "recorded_attachments",
    "calibrations": "recorded_calibrations",
    "clock_mends": "recorded_clock_mends",
    "absences": "recorded_absences",
    "nestings": "recorded_nestings",
    "custody": "recorded_custody",
}
