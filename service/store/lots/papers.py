"""The papers of lots that are in force: what their products ask for, certificates, decisions, recalls, assessments."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from service.domain.answers.papers import (
    Asked,
    Assessment,
    Certificate,
    Decision,
    Disposition,
    Finding,
    JudgedItem,
    Outcome,
    Recall,
    WaitingRelease,
)
from service.domain.instant import SECOND_US, from_datetime
from service.domain.registry.nesting import MOVABLE
from service.store.changes import SIGNED_BY
from service.store.pool import Connection
from service.store.rows import tuples


@dataclass(frozen=True, slots=True)
class LotPapers:
    """The papers of one lot, as they are kept. `certificates`: the newest, then one before it that fails still."""

    asked: Asked
    expires_on: date | None
    certificates: tuple[Certificate, ...]
    disposition: Disposition | None
    waiting: WaitingRelease | None
    recall: Recall | None


@dataclass(frozen=True, slots=True)
class Assessments:
    """Assessments that are signed and not struck, by lot and by container."""

    of_lots: Mapping[str, list[Assessment]]
    there: Mapping[str, list[Assessment]]


#: Whether what waits for a signature by its `change_id` counts.
_SIGNED = "EXISTS (SELECT FROM changes_to_sign WHERE id = {of}.change_id AND freed_at IS NOT NULL)"

#: Who signed a row of changes_to_sign, in one text.
_SIGNERS = f"array_to_string({SIGNED_BY}, ', ')"

# Only what does not pass is told of the items of a certificate: all of them are read with the certificate itself.
_PAPERS = f"""
    WITH family AS (
        SELECT id AS lot_id, id AS of_id, 'infinity'::timestamptz AS until_at FROM unnest(%(lots)s::text[]) AS id
        UNION ALL SELECT lot_id, ancestor_id, until_at FROM lineage WHERE lot_id = ANY(%(lots)s)
    ), asked AS (
        SELECT lots.id, product_id, lots.profile_id, lots.profile_version, expires_on, from_before
        FROM lots JOIN products ON products.id = product_id WHERE lots.id = ANY(%(lots)s)
    ), adopted AS (
        SELECT * FROM adoptions WHERE product_id IN (SELECT product_id FROM asked)
        AND (change_id IS NULL OR {_SIGNED.format(of="adoptions")})
    ), specification AS (
        SELECT DISTINCT ON (product_id) product_id, specification_id, specification_version
        FROM adopted WHERE kind = 'specification' ORDER BY product_id, id DESC
    ), release AS (
        SELECT DISTINCT ON (product_id) product_id, release_signatures
        FROM adopted WHERE kind = 'release' ORDER BY product_id, id DESC
    ), custody AS (
        SELECT DISTINCT ON (product_id) product_id, custody
        FROM adopted WHERE kind = 'custody' ORDER BY product_id, id DESC
    ), profile AS (
        SELECT product_id, profile_id, profile_version, bool_and(change_id IS NULL) AS by_migration
        FROM adopted WHERE kind = 'profile' AND stage = 'storage' GROUP BY product_id, profile_id, profile_version
    ), certificate AS (
        SELECT certificates.*, family.lot_id AS told_of, {_SIGNED.format(of="certificates")} AS is_signed
        FROM family JOIN certificates ON certificates.lot_id = of_id
    ), told AS (
        SELECT DISTINCT ON (told_of) * FROM certificate ORDER BY told_of, version DESC
    ), failing AS (
        SELECT DISTINCT ON (told_of) * FROM certificate WHERE judged @? '$[*] ? (@.outcome == "fail")'
        AND NOT EXISTS (
            SELECT FROM certificate AS later
            WHERE later.told_of = certificate.told_of AND later.version > certificate.version AND later.is_signed
        ) ORDER BY told_of, version DESC
    ), decided AS (
        SELECT DISTINCT ON (family.lot_id, of_id) family.lot_id, dispositions.id, decision, dispositions.reason, (
                SELECT min(lapsed_at) FROM release_lapses AS lapse WHERE disposition_id = dispositions.id
                AND (lapse.lot_id = family.lot_id OR EXISTS (
                    SELECT FROM family AS its WHERE its.lot_id = family.lot_id AND its.of_id = lapse.lot_id
                    AND lapsed_at < its.until_at))
            ) AS lapsed_at,
            CASE decision WHEN 'released' THEN {_SIGNERS} ELSE dispositions.recorded_by END AS by_whom,
            CASE decision WHEN 'released' THEN freed_at ELSE dispositions.recorded_at END AS at
        FROM family JOIN dispositions ON dispositions.lot_id = of_id
        JOIN changes_to_sign ON changes_to_sign.id = change_id
        WHERE decision <> 'released' OR freed_at IS NOT NULL
        ORDER BY family.lot_id, of_id, dispositions.id DESC
    ), disposition AS (
        SELECT DISTINCT ON (lot_id) * FROM decided
        ORDER BY lot_id, array_position(ARRAY['rejected', 'quarantined', 'released'], decision), id DESC
    ), newest AS (
        SELECT DISTINCT ON (lot_id) * FROM dispositions WHERE lot_id = ANY(%(lots)s) ORDER BY lot_id, id DESC
    ), waiting AS (
        SELECT newest.lot_id, newest.recorded_by, newest.recorded_at, {SIGNED_BY} AS signed_by, signatures_needed
        FROM newest JOIN changes_to_sign ON changes_to_sign.id = change_id
        WHERE decision = 'released' AND freed_at IS NULL
        AND NOT EXISTS (SELECT FROM release_lapses WHERE disposition_id = newest.id AND lot_id = newest.lot_id)
    ), recall AS (
        SELECT DISTINCT ON (family.lot_id) family.lot_id, id, reason, recorded_by, recorded_at
        FROM family JOIN recalls ON recalls.lot_id = of_id WHERE NOT EXISTS (
            SELECT FROM recall_lifts WHERE recall_id = recalls.id AND {_SIGNED.format(of="recall_lifts")}
        ) ORDER BY family.lot_id, id
    )
    SELECT asked.id, expires_on, from_before, profile.product_id IS NOT NULL, coalesce(by_migration, false),
        specification.specification_id, specification.specification_version, coalesce(release_signatures, 0),
        coalesce(custody, false),
        {{certificates}}
        decision, disposition.reason, by_whom, disposition.at, lapsed_at,
        waiting.recorded_by, waiting.recorded_at, signed_by, signatures_needed,
        recall.id, recall.reason, recall.recorded_by, recall.recorded_at
    FROM asked LEFT JOIN specification USING (product_id) LEFT JOIN release USING (product_id)
    LEFT JOIN custody USING (product_id)
    LEFT JOIN profile USING (product_id, profile_id, profile_version)
    LEFT JOIN told ON told.told_of = asked.id LEFT JOIN failing ON failing.told_of = asked.id
    LEFT JOIN disposition ON disposition.lot_id = asked.id LEFT JOIN waiting ON waiting.lot_id = asked.id
    LEFT JOIN recall ON recall.lot_id = asked.id
"""

_CERTIFICATE = (
    "version",
    "specification_id",
    "specification_version",
    "issued_on",
    "signatory",
    """jsonb_path_query_array({of}.judged, '$[*] ? (@.outcome != "pass")')""",
    "is_signed",
    "recorded_at",
    "encode({of}.sha256, 'hex')",
)


def _columns(of: str) -> str:
    return ", ".join(name.format(of=of) if "{of}" in name else f"{of}.{name}" for name in _CERTIFICATE)


_ASKED = _PAPERS.format(certificates=f"{_columns('told')}, {_columns('failing')},")


def load_papers(connection: Connection, lot_ids: Collection[str]) -> dict[str, LotPapers]:
    """The papers of lots, by lot id."""
    found = {}
    width = len(_CERTIFICATE)
    for row in tuples(connection, _ASKED, {"lots": list(lot_ids)}):
        lot_id, expires_on, before, adopted, by_migration, specification_id, version, signatures, custody, *rest = row
        told, failing, rest = rest[:width], rest[width : 2 * width], rest[2 * width :]
        certificates = [_certificate(one) for one in (told, failing) if one[0] is not None]
        decision, reason, by, at, lapsed_at, waits_by, waits_at, signed_by, needed, *rest = rest
        recall_id, recalled, recalled_by, recalled_at = rest
        found[lot_id] = LotPapers(
            Asked(
                before,
                adopted,
                by_migration,
                None if version is None else (specification_id, version),
                signatures,
                custody,
            ),
            expires_on,
            tuple(certificates[:1] if told[0] == failing[0] else certificates),
            None if decision is None else Disposition(Decision(decision), reason, by, _us(at), _us(lapsed_at)),
            # The next signature is counted by what the product asks for then.
            None
            if needed is None
            else WaitingRelease(waits_by, _us(waits_at), tuple(signed_by), max(needed, signatures)),
            None if recall_id is None else Recall(recall_id, recalled, recalled_by, _us(recalled_at)),
        )
    return found


def _us(at: Any) -> Any:
    return None if at is None else from_datetime(at)


def _certificate(row: list[Any]) -> Certificate:
    version, specification_id, specification_version, issued_on, signatory, items, is_signed, recorded_at, sha256 = row
    judged = tuple(JudgedItem(**{**item, "outcome": Outcome(item["outcome"])}) for item in items)
    return Certificate(
        version,
        specification_id,
        specification_version,
        issued_on,
        signatory,
        judged,
        is_signed,
        from_datetime(recorded_at),
        sha256,
    )


def load_assessments(connection: Connection, lot_ids: Collection[str], container_ids: Collection[str]) -> Assessments:
    """The assessments that count of these lots, and of all that were in these containers."""
    of_lots: defaultdict[str, list[Assessment]] = defaultdict(list)
    there: defaultdict[str, list[Assessment]] = defaultdict(list)
    for assessment_id, lot_id, container_id, finding, from_at, until_at, accepted_s, deviation, by in tuples(
        connection,
        f"""
        WITH family AS (
            SELECT id AS lot_id, id AS of_id, 'infinity'::timestamptz AS ends_at FROM unnest(%(lots)s::text[]) AS id
            UNION ALL SELECT lot_id, ancestor_id, until_at FROM lineage WHERE lot_id = ANY(%(lots)s)
        ), asked AS (
            SELECT family.lot_id, assessments.id, least(until_at, ends_at) AS until_at
            FROM family JOIN assessments ON assessments.lot_id = of_id AND from_at < ends_at
            UNION ALL SELECT NULL, id, until_at FROM assessments WHERE container_id = ANY(%(containers)s)
        )
        SELECT assessments.id, asked.lot_id, container_id, finding, from_at, asked.until_at, accepted_s, deviation,
            {_SIGNERS}
        FROM asked JOIN assessments USING (id) JOIN changes_to_sign ON changes_to_sign.id = change_id
        WHERE struck_at IS NULL AND freed_at IS NOT NULL ORDER BY assessments.id
        """,
        {"lots": list(lot_ids), "containers": list(container_ids)},
    ):
        one = Assessment(
            assessment_id,
            Finding(finding),
            from_datetime(from_at),
            from_datetime(until_at),
            round(accepted_s * SECOND_US),
            deviation,
            by,
        )
        (of_lots[lot_id] if lot_id is not None else there[container_id]).append(one)
    return Assessments(of_lots, there)


def time_zones(connection: Connection, container_ids: Collection[str]) -> dict[str, str]:
    """The time zones of the sites of containers, by container id; of one that is carried about there is none.

    Where that is now says nothing of where it was.
    """
    return dict(
        tuples(
            connection,
            "SELECT containers.id, time_zone FROM containers JOIN sites ON sites.id = site_id "
            "WHERE containers.id = ANY(%s) AND kind <> ALL(%s)",
            [list(container_ids), sorted(MOVABLE)],
        )
    )
