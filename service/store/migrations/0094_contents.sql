-- What is in a container is listed a page at a time, and where it stands is looked up.

CREATE INDEX stays_now ON stays (container_id, lot_id) WHERE until_at IS NULL;

CREATE INDEX placements_now ON recorded_placements (container_id, lot_id) WHERE until_at IS NULL AND superseded_by IS NULL;

CREATE INDEX nestings_now ON recorded_nestings (in_id, container_id) WHERE until_at IS NULL AND superseded_by IS NULL;

CREATE INDEX enclosures_now ON enclosures (outer_id, container_id) WHERE until_at IS NULL;

-- The boxes that were moved with the lots.
ALTER TABLE moves ADD COLUMN container_ids text[] NOT NULL DEFAULT '{}';

-- Two acts that renew the stays of one lot do so one after the other: both would delete the same old rows, and each add
-- its own.
CREATE OR REPLACE FUNCTION renew_stays(of_lots text[]) RETURNS void LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT FROM lots WHERE id = ANY(of_lots) ORDER BY id FOR NO KEY UPDATE;
    DELETE FROM stays WHERE lot_id = ANY(of_lots);
    WITH put AS (
        SELECT lot_id, container_id, from_at, until_at, false AS inherited FROM placements WHERE lot_id = ANY(of_lots)
        UNION ALL
        SELECT lineage.lot_id, container_id, from_at, least(placements.until_at, lineage.until_at), true
        FROM lineage JOIN placements ON placements.lot_id = ancestor_id AND from_at < lineage.until_at
        WHERE lineage.lot_id = ANY(of_lots)
    )
    INSERT INTO stays (lot_id, container_id, from_at, until_at, level, inherited)
    SELECT lot_id, container_id, from_at, until_at, 0, inherited FROM put
    UNION ALL
    SELECT lot_id, outer_id, greatest(put.from_at, around.from_at), least(put.until_at, around.until_at), level, inherited
    FROM put JOIN enclosures AS around USING (container_id)
    WHERE around.from_at < coalesce(put.until_at, 'infinity') AND put.from_at < coalesce(around.until_at, 'infinity');
$$;
