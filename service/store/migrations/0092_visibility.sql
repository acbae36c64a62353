-- Who sees a lot: where a lot itself was is kept apart from what it has from those that it was split off.

ALTER TABLE stays ADD COLUMN inherited boolean NOT NULL DEFAULT false;

CREATE OR REPLACE FUNCTION renew_stays(of_lots text[]) RETURNS void LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
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
